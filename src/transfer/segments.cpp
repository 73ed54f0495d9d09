#include "transfer/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace fairlead::transfer {
namespace {

constexpr std::uint64_t kGrain = 64 * 1024;  // boundaries that disks and caches like

bool take_number(std::string_view& text, char after, std::uint64_t& number) {
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || rest == text.data()) return false;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (after == '\0') return text.empty() || text.front() == ' ';
    if (!text.starts_with(after)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

Segments divide(std::uint64_t size, unsigned count) {
    const auto parts = std::clamp<std::uint64_t>(size / kSmallestSegment, 1, std::max(1u, count));
    const auto length = ((size + parts - 1) / parts + kGrain - 1) / kGrain * kGrain;
    Segments segments;
    for (std::uint64_t begin = 0; begin < size || segments.empty(); begin += length)
        segments.push_back({begin, std::min(size, begin + length), 0});
    return segments;
}

Segment take_half(Segment& segment) {
    const auto middle = segment.begin + segment.done + segment.left() / 2;
    const auto cut = std::min(segment.end, (middle + kGrain - 1) / kGrain * kGrain);
    return {cut, std::exchange(segment.end, cut), 0};
}

std::uint64_t done_in(const Segments& segments) noexcept {
    std::uint64_t done = 0;
    for (const auto& segment : segments)
        done += segment.done;
    return done;
}

Segments held_back(Segments segments, std::uint64_t doubtful) {
    for (auto& segment : segments)
        segment.done -= std::min(segment.done, doubtful);
    return segments;
}

std::string to_text(const Segments& segments) {
    std::string text;
    for (const auto& [begin, end, done] : segments)
        text += fmt::format("{}{}-{}+{}", text.empty() ? "" : " ", begin, end, done);
    return text;
}

std::optional<Segments> read_segments(std::string_view text, std::uint64_t size) {
    Segments segments;
    std::uint64_t expected = 0;
    while (!text.empty()) {
        Segment next;
        if (!take_number(text, '-', next.begin) || !take_number(text, '+', next.end) ||
            !take_number(text, '\0', next.done))
            return std::nullopt;
        if (next.begin != expected || next.end < next.begin || next.done > next.end - next.begin)
            return std::nullopt;
        expected = next.end;
        segments.push_back(next);
        if (text.starts_with(' ')) text.remove_prefix(1);
    }
    if (segments.empty() || expected != size) return std::nullopt;
    return segments;
}

}  // namespace fairlead::transfer
