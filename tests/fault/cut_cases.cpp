#include "fault/cut_cases.hpp"

#include <fmt/format.h>

#include <deque>
#include <utility>

namespace fairlead::test {

std::vector<std::uint64_t> far_apart_first(std::uint64_t last) {
    std::vector<std::uint64_t> offsets{0};
    if (last == 0) return offsets;
    offsets.push_back(last);
    std::deque<std::pair<std::uint64_t, std::uint64_t>> gaps{{0, last}};
    while (!gaps.empty()) {
        const auto [low, high] = gaps.front();
        gaps.pop_front();
        if (high - low < 2) continue;
        const auto middle = low + (high - low) / 2;
        offsets.push_back(middle);
        gaps.emplace_back(low, middle);
        gaps.emplace_back(middle, high);
    }
    return offsets;
}

CutCases::CutCases(std::vector<CutLine> lines, std::vector<Cut::Kind> kinds) {
    for (const auto& line : lines) {
        for (const auto kind : kinds) {
            Cut cut;
            cut.channel = line.channel;
            cut.way = line.way;
            cut.kind = kind;
            series_.push_back({cut, far_apart_first(line.bytes)});
        }
    }
}

CutCases::CutCases(const std::vector<Cut>& cuts) {
    for (const auto& cut : cuts)
        series_.push_back({cut, {cut.offset}});
}

bool CutCases::next(Cut& cut) {
    const std::lock_guard lock(mutex_);
    for (std::size_t tried = 0; tried < series_.size(); ++tried) {
        auto& series = series_[turn_++ % series_.size()];
        if (series.done == series.offsets.size()) continue;
        cut = series.cut;
        cut.offset = series.offsets[series.done++];
        return true;
    }
    return false;
}

std::string to_text(const Cut& cut) {
    static constexpr const char* kKinds[] = {"reset", "finish", "close", "stall", "slow"};
    return fmt::format("{} of {} {} after {} bytes", kKinds[static_cast<int>(cut.kind)],
                       cut.channel == Cut::Channel::control ? "control" : "data",
                       cut.way == Cut::Way::to_client ? "to client" : "to server", cut.offset);
}

}  // namespace fairlead::test
