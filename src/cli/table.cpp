#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "base/utf8.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kGap = 2;        // columns between two cells
constexpr std::size_t kNarrowest = 8;  // a column is not cut below this

/// Characters, taken as one column of the terminal each.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string cut(const std::string& text, std::size_t width) {
    if (width_of(text) <= width) return text;
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end)
        if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++characters == width) break;
    return text.substr(0, end) + "…";
}

void add_line(std::string& out, const std::vector<std::string>& cells,
              const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto cell = cut(cells[i], widths[i]);
        line += cell + std::string(widths[i] - width_of(cell) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
    for (auto& cell : cells)
        cell = to_printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::text(std::optional<unsigned> width) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        widths.push_back(width_of(headings_[i]));
        for (const auto& row : rows_)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.size() - 1);
    };
    while (width && total() > *width) {
        const auto widest = std::ranges::max_element(widths);
        if (*widest <= kNarrowest) break;
        --*widest;
    }
    std::string out;
    add_line(out, headings_, widths);
    for (const auto& row : rows_)
        add_line(out, row, widths);
    return out;
}

}  // namespace fairlead::cli
