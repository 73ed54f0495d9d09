#include "flow/choice.hpp"

#include "base/unreachable.hpp"
#include "store/run_words.hpp"

namespace fairlead::flow {
namespace {

using catalog::FileVersion;
using catalog::VersionState;
using What = Choice::What;

FileVersion version_for(const Entry& entry, const catalog::Flow& flow, Time now) {
    FileVersion version;
    version.flow = flow.record.id;
    version.path = entry.path;
    version.size = entry.size;
    version.modified = entry.modified;
    version.precision = entry.modified_precision;
    version.seen_at = version.changed_at = now;
    version.state = VersionState::open;
    if (flow.source.settle > std::chrono::milliseconds(0)) {
        version.state = VersionState::waiting;
        version.reason = "seen for the first time";
    }
    return version;
}

/// What was kept is still there; what was removed can only be there because it came again.
bool was_removed(const FileVersion& version) {
    return version.state == VersionState::quarantined ||
           (version.state == VersionState::done && version.reason != catalog::kKept);
}

Choice of_known(const FileVersion& version, const catalog::Flow& flow, Time now) {
    switch (version.state) {
        case VersionState::waiting:
            return {now - version.seen_at < flow.source.settle ? What::wait : What::deliver, version};
        case VersionState::open:
            return {What::deliver, version};
        case VersionState::delivered:
            return {What::clean, version};
        case VersionState::done:
            return {flow.source.content_hash && !version.hash.empty() ? What::compare : What::nothing, version};
        case VersionState::quarantined:
        case VersionState::given_up:
            break;
    }
    return {What::nothing, version};
}

}  // namespace

Choice choose(const std::vector<FileVersion>& versions, const Entry& entry, const catalog::Flow& flow, Time now) {
    for (const auto& version : versions) {
        if (!catalog::is_version(version, entry)) continue;
        const bool moved_here = version.settled_to == entry.path && version.path != entry.path;
        if (moved_here) return {What::nothing, version};
        if (!was_removed(version)) return of_known(version, flow, now);
    }
    auto fresh = version_for(entry, flow, now);
    for (const auto& version : versions) {
        if (version.path != entry.path) continue;
        if (version.state == VersionState::waiting) {  // it has changed: it is waited for anew
            fresh.number = version.number;
            fresh.counter = version.counter;
            if (fresh.state == VersionState::waiting) fresh.reason = "has changed";
        } else if (version.state == VersionState::done && version.reason == catalog::kKept && flow.source.content_hash &&
                   !version.hash.empty()) {
            return {What::compare, version};
        }
        break;
    }
    return {What::look, std::move(fresh)};
}

bool loses_place(const Error& error) noexcept {
    return is_unreachable(error) || error.code == ErrorCode::no_space || error.code == ErrorCode::quota_exceeded;
}

bool ends_the_run(const Error& error) noexcept {
    return error.code == ErrorCode::cancelled || store::is_not_ours(error);
}

bool blames_file(const Error& error) noexcept {
    if (loses_place(error)) return false;
    switch (error.code) {
        case ErrorCode::cancelled:
        case ErrorCode::conflict:
        case ErrorCode::connection_lost:
        case ErrorCode::data_connection_failed:
        case ErrorCode::timeout:
        case ErrorCode::incomplete:
        case ErrorCode::source_changed:
        case ErrorCode::internal:
            return false;
        default:
            return true;
    }
}

}  // namespace fairlead::flow
