#include "cli/entry_lines.hpp"

#include <iterator>

#include "base/entry_json.hpp"
#include "base/utf8.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kWriteSize = 64 * 1024;

char letter_of(EntryType type) {
    switch (type) {
        case EntryType::file:
            return '-';
        case EntryType::directory:
            return 'd';
        case EntryType::symlink:
            return 'l';
        case EntryType::other:
            return 'o';
    }
    return 'o';
}

}  // namespace

std::string shown_time(const Entry& entry) {
    if (!entry.modified) return "?";
    auto text = to_rfc3339(*entry.modified).substr(0, 19);
    text[10] = ' ';
    switch (entry.modified_precision) {
        case TimePrecision::day:
            return text.substr(0, 10);
        case TimePrecision::minute:
            return text.substr(0, 16);
        default:
            return text;
    }
}

std::string shown_mode(const Entry& entry) {
    std::string text(1, letter_of(entry.type));
    if (!entry.mode) return text + "?????????";
    constexpr std::string_view kLetters = "rwxrwxrwx";
    for (unsigned i = 0; i < 9; ++i)
        text += (*entry.mode >> (8 - i) & 1) != 0 ? kLetters[i] : '-';
    const auto special = [&](std::size_t at, std::uint32_t bit, char with_x, char without_x) {
        if ((*entry.mode & bit) != 0) text[at] = text[at] == 'x' ? with_x : without_x;
    };
    special(3, 04000, 's', 'S');
    special(6, 02000, 's', 'S');
    special(9, 01000, 't', 'T');
    return text;
}

void Lines::append_name(std::string_view text) {
    if (context_.out_is_terminal())
        fmt::format_to(std::back_inserter(buffer_), "{}", to_printable(text));
    else
        buffer_.append(text.data(), text.data() + text.size());
}

void Lines::name(std::string_view text) {
    append_name(text);
    end_line();
}

void Lines::json(const Entry& entry) {
    append_json(buffer_, entry);
    end_line();
}

void Lines::details(const Entry& entry, std::string_view shown_name) {
    const auto size = entry.size ? fmt::format("{}", *entry.size) : "?";
    fmt::format_to(std::back_inserter(buffer_), "{} {:<8} {:<8} {:>12} {:<19} ", shown_mode(entry),
                   to_printable(entry.owner.value_or("?")), to_printable(entry.group.value_or("?")),
                   entry.type == EntryType::file ? size : "-", shown_time(entry));
    append_name(shown_name);
    if (entry.target) {
        fmt::format_to(std::back_inserter(buffer_), " -> ");
        append_name(*entry.target);
    }
    end_line();
}

void Lines::end_line() {
    buffer_.push_back('\n');
    if (buffer_.size() >= kWriteSize) flush();
}

void Lines::flush() {
    context_.out({buffer_.data(), buffer_.size()});
    buffer_.clear();
}

}  // namespace fairlead::cli
