#include "transfer/change.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "transfer/failure.hpp"
#include "transfer/persist.hpp"

namespace fairlead::transfer {
namespace {

using Change = std::function<awaitable<void>(FileSystem&)>;
using Look = std::function<awaitable<bool>(FileSystem&)>;

/// Whether the command may have been carried out, though nobody said so.
bool is_unanswered(const Error& failure) {
    return !failure.session_usable &&
           (failure.code == ErrorCode::connection_lost || failure.code == ErrorCode::timeout);
}

awaitable<bool> was_it_done(Sessions& place, std::string path, const Look& look) {
    bool done = false;
    auto patience = patience_with(place, {});
    patience.retries = std::max(patience.retries, 1u);
    co_await persistently(place, patience, std::move(path), {},
                          [&](FileSystem& files) -> awaitable<void> { done = co_await look(files); });
    co_return done;
}

/// `doing` begins the sentence about what is so: "Removing 'a'". What was not done is tried again as the
/// place's patience says.
awaitable<void> change_once(Sessions& place, std::string path, std::string doing, Change change, Look look) {
    const auto patience = patience_with(place, {});
    bool doubtful = false;
    for (unsigned failures = 0, dead = 0;;) {
        bool was_dead = false, done = false;
        auto failure = co_await caught(on_session(place, change, &was_dead));
        if (!failure) co_return;
        doubtful = doubtful || is_unanswered(*failure);
        if (!doubtful || failure->code == ErrorCode::cancelled) throw Error(*failure);
        const auto find_out = [&]() -> awaitable<void> { done = co_await was_it_done(place, path, look); };
        const auto unseen = co_await caught(find_out());
        if (unseen && unseen->code == ErrorCode::cancelled) throw Error(*unseen);
        if (done) co_return;
        if (!unseen && was_dead && ++dead <= kMostDeadSessions) continue;
        if (failure->path.empty()) failure->path = path;
        if (unseen) {
            failure->message = fmt::format(
                "{} was asked for, but the answer was lost, and looking whether it was done failed too: {}",
                doing, unseen->message);
            throw Error(*failure);
        }
        const auto so_far = failure->code == ErrorCode::timeout ? " so far" : "";
        failure->message = fmt::format("{} was not done{}: {}", doing, so_far, failure->message);
        ++failures;
        co_await wait_or_throw(*failure, failures, patience, path, {});
    }
}

Look is_gone(std::string path) {
    return [path = std::move(path)](FileSystem& files) -> awaitable<bool> {
        const auto there = co_await try_stat(files, path);
        co_return !there;
    };
}

awaitable<bool> is_empty_directory(FileSystem& files, const std::string& path) {
    const auto there = co_await try_stat(files, path);
    if (!there || there->type != EntryType::directory) co_return false;
    const auto listing = co_await files.list(path);
    const auto first = co_await listing->next();
    co_return first.empty();
}

}  // namespace

awaitable<void> remove_file(Sessions& place, std::string path) {
    return change_once(
        place, path, fmt::format("Removing '{}'", path),
        [path](FileSystem& files) { return files.remove(path); }, is_gone(path));
}

awaitable<void> remove_directory(Sessions& place, std::string path) {
    return change_once(
        place, path, fmt::format("Removing the directory '{}'", path),
        [path](FileSystem& files) { return files.remove_directory(path); }, is_gone(path));
}

awaitable<void> make_directory(Sessions& place, std::string path) {
    return change_once(
        place, path, fmt::format("Making the directory '{}'", path),
        [path](FileSystem& files) { return files.make_directory(path); },
        [path](FileSystem& files) { return is_empty_directory(files, path); });
}

awaitable<void> rename(Sessions& place, std::string from, std::string to,
                       std::function<awaitable<void>(FileSystem&)> way) {
    Look look = [from, to](FileSystem& files) -> awaitable<bool> {
        const auto left = co_await try_stat(files, from);
        if (left) co_return false;
        const auto there = co_await try_stat(files, to);
        co_return there.has_value();
    };
    return change_once(place, from, fmt::format("Renaming '{}' to '{}'", from, to), std::move(way),
                       std::move(look));
}

}  // namespace fairlead::transfer
