#include "service/flow_times.hpp"

#include <fmt/format.h>

#include "catalog/flow_resource.hpp"
#include "catalog/schedule.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

const boost::json::value* schedule_in(const catalog::Resource* flow) {
    return flow == nullptr ? nullptr : flow->definition.if_contains("schedule");
}

}  // namespace

void refuse_what_never_comes(const catalog::Resource* before, const catalog::Resource& resource, Time now) {
    const auto flow = catalog::flow_of(resource);
    const auto* known = schedule_in(before);
    if (!flow.schedule || (known != nullptr && *known == *schedule_in(&resource))) return;
    const auto& schedule = *flow.schedule;
    if (catalog::next_moment(schedule, flow.zone, now)) return;
    const bool ended = schedule.end && *schedule.end <= now;
    const auto field = ended ? "schedule.end" : schedule.start ? "schedule.start" : "schedule.cron";
    const auto value = ended ? to_rfc3339(*schedule.end) : schedule.start ? to_rfc3339(*schedule.start) : schedule.cron;
    Error error(ErrorCode::invalid_argument,
                fmt::format("The flow is not valid: {} '{}' has passed, so that it would never run.", field, value));
    error.faults.push_back({field, value, "has passed, so that it would never run"});
    throw std::move(error).hinting("give a time that is still to come");
}

}  // namespace fairlead::service
