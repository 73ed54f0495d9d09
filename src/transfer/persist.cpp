#include "transfer/persist.hpp"

#include "transfer/attempt_log.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {

Patience patience_with(Sessions& place, const Options& options) {
    auto patience = options.patience;
    patience.retries = options.retries.value_or(place.place().retries);
    return patience;
}

awaitable<void> on_session(Sessions& place, std::function<awaitable<void>(FileSystem&)> use, bool* was_dead) {
    auto lease = co_await place.take();
    const auto failure = co_await caught(use(lease.files()));
    if (!failure) co_return;
    const bool died = lease.failed(*failure);
    if (was_dead != nullptr) *was_dead = died;
    throw Error(*failure);
}

awaitable<void> persistently(Sessions& place, Patience patience, std::string what, Retrying retrying,
                             std::function<awaitable<void>(FileSystem&)> use, AttemptLog* log) {
    const std::function<awaitable<void>(FileSystem&)> heard = [&](FileSystem& files) {
        if (log != nullptr) log->between({}, files.peer().address);
        return use(files);
    };
    place.set_patience(patience);
    for (unsigned failures = 0, dead = 0;;) {
        bool was_dead = false;
        if (log != nullptr) log->step("connect");
        const auto failure = co_await caught(on_session(place, heard, &was_dead));
        if (!failure) co_return;
        if (was_dead && ++dead <= kMostDeadSessions) continue;
        ++failures;
        if (log != nullptr) log->failed(*failure);
        if (failure->code == ErrorCode::server_busy) throw Error(*failure);  // that was waited out already
        co_await wait_or_throw(*failure, failures, patience, what, retrying);
    }
}

}  // namespace fairlead::transfer
