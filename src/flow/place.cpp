#include "flow/place.hpp"

#include "base/path.hpp"
#include "catalog/flow.hpp"
#include "flow/choice.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"

namespace fairlead::flow {

unsigned sessions_at_once(const catalog::Flow& flow) noexcept {
    const auto each = flow.targets.size() + 2;  // a reading, one for each target, and a look at something
    return static_cast<unsigned>(each * static_cast<std::size_t>(flow.limits.parallel) + 1);
}

awaitable<void> ask(Place& place, transfer::Patience patience, std::string what, transfer::Retrying retrying,
                    std::function<awaitable<void>(FileSystem&)> use) {
    if (place.lost) throw Error(*place.lost);
    const auto failure = co_await transfer::caught(
        transfer::persistently(*place.sessions, patience, std::move(what), std::move(retrying), std::move(use)));
    if (!failure) co_return;
    if (loses_place(*failure)) place.lost = *failure;
    throw Error(*failure);
}

awaitable<std::optional<Entry>> look(Place& place, transfer::Patience patience, std::string path) {
    std::optional<Entry> entry;
    std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
        entry = co_await try_stat(files, path);
    };
    co_await ask(place, patience, path, {}, use);
    co_return entry;
}

awaitable<void> make_directory(Place& place, transfer::Patience patience, std::string path) {
    if (path == "/" || path.empty() || place.made.contains(path)) co_return;
    const auto there = co_await look(place, patience, path);
    if (!there) {
        co_await make_directory(place, patience, std::string(path::parent(path)));
        std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
            const auto failure = co_await transfer::caught(files.make_directory(path));
            if (!failure || failure->code == ErrorCode::already_exists) co_return;
            if (!failure->session_usable) throw Error(*failure);
            const auto made = co_await try_stat(files, path);  // somebody may have been faster
            if (!made) throw Error(*failure);
        };
        co_await ask(place, patience, path, {}, use);
    }
    place.made.insert(path);
}

}  // namespace fairlead::flow
