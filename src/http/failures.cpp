#include "http/failures.hpp"

#include <algorithm>

namespace fairlead::http {

std::optional<std::chrono::seconds> Failures::wait_of(const std::string& address, Clock::time_point now) {
    const auto found = counts_.find(address);
    if (found == counts_.end()) return std::nullopt;
    const auto ends = found->second.since + limits_.window;
    if (now >= ends || found->second.failed < limits_.attempts) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(ends - now);
}

void Failures::record(const std::string& address, Clock::time_point now) {
    if (counts_.size() >= limits_.addresses && !counts_.contains(address)) forget_old(now);
    auto& count = counts_[address];
    if (count.failed == 0 || now - count.since >= limits_.window) count = {0, now};
    ++count.failed;
}

void Failures::forget_old(Clock::time_point now) {
    std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.since >= limits_.window; });
    if (counts_.size() < limits_.addresses) return;
    const auto oldest =
        std::ranges::min_element(counts_, {}, [](const auto& entry) { return entry.second.since; });
    counts_.erase(oldest);
}

}  // namespace fairlead::http
