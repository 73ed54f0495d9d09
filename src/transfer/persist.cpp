#include "transfer/persist.hpp"

#include "transfer/attempt_log.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {

Patience patience_with(Sessions& place, const Options& options) {
    auto patience = options.patience;
    patience.retries = options.retries.value_or(place.place().retries);
    return patience;
}

awaitable<void> persistently(Sessions& place, Patience patience, std::string what, Retrying retrying,
                             std::function<awaitable<void>(FileSystem&)> use, AttemptLog* log) {
    const auto once = [log](Sessions& sessions,
                         const std::function<awaitable<void>(FileSystem&)>& act) -> awaitable<void> {
        if (log != nullptr) log->step("connect");
        auto lease = co_await sessions.take();
        if (log != nullptr) log->between({}, lease.files().peer().address);
        const auto failure = co_await caught(act(lease.files()));
        if (!failure) co_return;
        if (!failure->session_usable) lease.broken();
        throw Error(*failure);
    };
    place.set_patience(patience);
    for (unsigned failures = 0;;) {
        const auto failure = co_await caught(once(place, use));
        if (!failure) co_return;
        ++failures;
        if (log != nullptr) log->failed(*failure);
        if (failure->code == ErrorCode::server_busy) throw Error(*failure);  // that was waited out already
        co_await wait_or_throw(*failure, failures, patience, what, retrying);
    }
}

}  // namespace fairlead::transfer
