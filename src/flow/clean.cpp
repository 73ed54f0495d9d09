#include <fmt/format.h>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "flow/choice.hpp"
#include "flow/work.hpp"
#include "transfer/failure.hpp"
#include "transfer/verify.hpp"

namespace fairlead::flow {
namespace {

using catalog::FileVersion;
using catalog::VersionState;

/// What is below `base` unless it begins with a slash.
std::string below(const std::string& base, const std::string& path) {
    return path::confine(path.starts_with('/') ? path : path::join(base, path));
}

std::string moved_to(const Work& work, const FileVersion& version) {
    const auto& source = work.flow.source;
    if (source.afterwards == "rename")
        return path::join(path::parent(version.path), work.filled(source.rename_to, version));
    const auto directory = below(work.source_path(), work.filled(source.move_to, version));
    return path::confine(path::join(directory, work.filled("{directory}/{name}", version)));
}

/// Moves the source aside, and looks where nobody knows whether that was done.
awaitable<void> move_source(Work& work, const FileVersion& version, const std::string& to) {
    auto& place = work.places.source;
    co_await make_directory(place, work.patience, std::string(path::parent(to)));
    std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
        const auto failure = co_await transfer::caught(files.rename(version.path, to, false));
        if (!failure) co_return;
        if (failure->code != ErrorCode::not_found) throw Error(*failure);
        const auto there = co_await try_stat(files, to);  // an earlier attempt's answer may have been lost
        if (!there || !catalog::is_version(version, *there)) throw Error(*failure);
    };
    co_await ask(place, work.patience, version.path, work.retrying, use);
}

awaitable<void> remove_source(Work& work, const std::string& path) {
    std::function<awaitable<void>(FileSystem&)> use = [path](FileSystem& files) -> awaitable<void> {
        const auto failure = co_await transfer::caught(files.remove(path));
        if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);
    };
    co_await ask(work.places.source, work.patience, path, work.retrying, use);
}

/// The marker says nothing any more when its file is gone.
awaitable<void> remove_marker(Work& work, const FileVersion& version) {
    const auto& marker = work.flow.source.marker;
    if (marker.empty()) co_return;
    co_await remove_source(work, path::join(path::parent(version.path), work.filled(marker, version)));
}

/// Whether the source still is this version.
awaitable<bool> is_still_there(Work& work, const FileVersion& version) {
    const auto there = co_await look(work.places.source, work.patience, version.path);
    co_return there && there->type == EntryType::file && catalog::is_version(version, *there);
}

awaitable<void> finish(Work& work, FileVersion& version, VersionState state, std::string reason) {
    version.state = state;
    version.reason = std::move(reason);
    if (state == VersionState::done) version.error.reset();
    co_await work.ledger.put(version);
    FAIRLEAD_FAULT_POINT("flow.cleaned");
}

awaitable<void> perform(Work& work, FileVersion& version) {
    const auto& afterwards = work.flow.source.afterwards;
    if (afterwards == "keep") co_return co_await finish(work, version, VersionState::done, std::string(catalog::kKept));
    const auto here = co_await is_still_there(work, version);
    std::string reason = here ? "" : "gone from the source, or replaced there";
    if (here && afterwards == "delete") {
        FAIRLEAD_FAULT_POINT("flow.before_cleaning");
        co_await remove_source(work, version.path);
        reason = "deleted";
    } else if (here) {
        // Written down first: what is found there later is ours, and no new file.
        version.settled_to = moved_to(work, version);
        co_await work.ledger.put(version);
        FAIRLEAD_FAULT_POINT("flow.before_cleaning");
        co_await move_source(work, version, version.settled_to);
        reason = afterwards == "move" ? "moved" : "renamed";
    } else if (!version.settled_to.empty()) {
        reason = afterwards == "move" ? "moved" : "renamed";  // before the process ended
    }
    FAIRLEAD_FAULT_POINT("flow.source_gone");
    co_await remove_marker(work, version);
    co_await finish(work, version, VersionState::done, std::move(reason));
}

}  // namespace

awaitable<std::optional<Error>> clean(Work& work, FileVersion& version) {
    if (version.state != VersionState::delivered) {
        version.state = VersionState::delivered;
        version.failures = 0;
        version.error.reset();
        if (work.flow.source.afterwards != "keep") co_await work.ledger.put(version);
    }
    const auto failure = co_await transfer::caught(perform(work, version));
    if (!failure) co_return std::nullopt;
    if (ends_the_run(*failure)) throw Error(*failure);
    version.error = *failure;
    co_await work.ledger.put(version);
    co_return failure;
}

awaitable<void> hold_against(Work& work, FileVersion& version, const Error& error) {
    version.error = error;
    const auto& source = work.flow.source;
    const auto most = work.flow.retry.give_up_after;
    if (blames_file(error)) ++version.failures;
    const bool due = blames_file(error) && (most > 0 ? version.failures >= most : !source.quarantine.empty());
    if (!due) co_return co_await work.ledger.put(version);
    if (source.quarantine.empty()) {
        version.state = VersionState::given_up;
        version.reason = fmt::format("failed in {} runs; reset it to try again", version.failures);
        co_return co_await work.ledger.put(version);
    }
    version.settled_to = path::confine(
        path::join(below(work.source_path(), source.quarantine), work.filled("{directory}/{name}", version)));
    co_await work.ledger.put(version);
    const auto act = [&]() -> awaitable<void> {
        const auto here = co_await is_still_there(work, version);
        if (here) co_await move_source(work, version, version.settled_to);
    };
    const auto failure = co_await transfer::caught(act());
    if (failure && ends_the_run(*failure)) throw Error(*failure);
    if (failure) {
        version.state = VersionState::given_up;
        version.reason = "could not be moved to the quarantine: " + failure->message;
        co_return co_await work.ledger.put(version);
    }
    co_await remove_marker(work, version);
    version.state = VersionState::quarantined;
    version.reason = "could not be delivered";
    co_await work.ledger.put(version);
}

}  // namespace fairlead::flow
