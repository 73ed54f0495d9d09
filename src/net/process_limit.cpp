#include "net/process_limit.hpp"

#include <mutex>
#include <utility>

namespace fairlead::net {
namespace {

std::mutex mutex;
std::shared_ptr<RateLimit> limit;  // guarded by it

}  // namespace

void limit_process(RateSchedule schedule) {
    auto made = std::make_shared<RateLimit>(std::move(schedule));
    const std::lock_guard lock(mutex);
    limit = std::move(made);
}

std::shared_ptr<RateLimit> process_limit() {
    const std::lock_guard lock(mutex);
    return limit;
}

}  // namespace fairlead::net
