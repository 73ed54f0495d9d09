#include "base/mask.hpp"

#include <algorithm>

namespace fairlead {
namespace {

constexpr std::string_view kShown = "***";
constexpr std::size_t kShort = 3;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether it may be part of a word; bytes of letters outside of ASCII are.
bool is_of_word(char c) noexcept {
    const auto small = lower(c);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool stands_alone(std::string_view said, std::size_t at, std::size_t size) noexcept {
    return (at == 0 || !is_of_word(said[at - 1])) && (at + size == said.size() || !is_of_word(said[at + size]));
}

std::size_t find(std::string_view said, std::string_view text, std::size_t from) {
    const auto found = std::search(said.begin() + static_cast<std::ptrdiff_t>(from), said.end(), text.begin(), text.end(),
                                   [](char a, char b) { return lower(a) == lower(b); });
    return found == said.end() ? std::string_view::npos : static_cast<std::size_t>(found - said.begin());
}

std::string_view without_slashes(std::string_view text) noexcept {
    while (text.starts_with('/'))
        text.remove_prefix(1);
    while (text.ends_with('/'))
        text.remove_suffix(1);
    return text;
}

void replace(std::string& said, std::string_view text, std::size_t from) {
    while (from < said.size() && (from = find(said, text, from)) != std::string_view::npos) {
        if (text.size() <= kShort && !stands_alone(said, from, text.size())) {
            ++from;
            continue;
        }
        said.replace(from, text.size(), kShown);
        from += kShown.size();
    }
}

}  // namespace

Mask::Mask(std::vector<Secret> texts) {
    for (const auto& text : texts)
        if (const auto core = without_slashes(text.reveal()); !core.empty()) texts_.emplace_back(core);
    std::ranges::sort(texts_, std::ranges::greater(), [](const Secret& text) { return text.reveal().size(); });
}

void Mask::hide(std::string& said, std::size_t from) const {
    for (const auto& text : texts_)
        replace(said, text.reveal(), from);
}

std::string Mask::hidden(std::string_view said) const {
    std::string text(said);
    hide(text);
    return text;
}

void Mask::hide(std::vector<Fault>& faults) const {
    for (auto& fault : faults) {
        hide(fault.value);
        hide(fault.problem);
    }
}

void Mask::hide(Error& error) const {
    for (auto* text : {&error.message, &error.server_reply, &error.path, &error.step, &error.hint})
        hide(*text);
    hide(error.faults);
}

}  // namespace fairlead
