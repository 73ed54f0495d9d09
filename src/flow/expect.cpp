#include "flow/expect.hpp"

#include <fmt/format.h>

#include "base/quantity.hpp"
#include "catalog/cron.hpp"

namespace fairlead::flow {

std::vector<Window> windows_of(const catalog::FlowExpectation& expectation, const std::string& zone, Time since, Time now) {
    std::vector<Window> windows;
    const catalog::Cron by(catalog::deadline_cron(expectation.by));
    auto deadline = by.next(since, zone);
    while (deadline && *deadline <= now + expectation.warn) {
        const auto following = by.next(*deadline, zone);
        const auto length = following ? *following - *deadline : std::chrono::milliseconds(std::chrono::days(1));
        const auto begin = windows.empty() ? *deadline - length : windows.back().deadline;
        windows.push_back({begin, *deadline});
        deadline = following;
    }
    return windows;
}

std::string missing(const catalog::FlowExpectation& expectation, const Arrived& arrived) {
    const auto wanted = static_cast<std::uint64_t>(expectation.files);
    if (arrived.files < wanted)
        return fmt::format("{} of {} files came", arrived.files, wanted);
    if (expectation.bytes && arrived.bytes < *expectation.bytes)
        return fmt::format("{} of {} came", format_size(arrived.bytes), format_size(*expectation.bytes));
    return {};
}

}  // namespace fairlead::flow
