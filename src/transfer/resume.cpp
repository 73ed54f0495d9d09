#include "transfer/resume.hpp"

#include <algorithm>

#include "transfer/plan.hpp"

namespace fairlead::transfer {
namespace {

using Kind = Verdict::Kind;

/// There is no starting over here: what is there is the end of somebody's file.
Verdict judge_append(const Unfinished& left, const Sight& sight, const Means& means, bool only_look) {
    constexpr Verdict kDisturbed{Kind::disturbed, 0, false};
    const auto size = *left.source_size;
    const auto now = sight.target && sight.target->size ? *sight.target->size : 0;
    if (now < left.existing_size || now > left.existing_size + size) return kDisturbed;
    const auto have = now - left.existing_size;
    if (have == 0) return {Kind::go_on, 0, true};
    const bool certain = means.unordered == 0 || left.state == Unfinished::State::staged;
    if (have == size && certain) return {Kind::delivered, size, false};
    if (!means.reads_source_at || !means.reads_target_at) return kDisturbed;
    if (have == size && only_look) return {Kind::go_on, size, false, std::max(kTail, means.unordered)};
    if (means.appends && means.unordered == 0) return {Kind::go_on, have, true};
    if (means.writes_target_at) return {Kind::go_on, have - std::min(have, means.unordered), false};
    return kDisturbed;
}

Verdict judge_segments(const Unfinished& left, std::uint64_t there, const Means& means) {
    auto segments = read_segments(left.segments, *left.source_size);
    if (!segments || !means.reads_source_at || !means.reads_target_at || !means.writes_target_at) return {};
    for (auto& segment : *segments)
        segment.done = std::min(segment.done, there - std::min(there, segment.begin));
    Verdict verdict;
    verdict.segments = held_back(std::move(*segments), std::max(kInBuffers, means.unordered));
    verdict.offset = done_in(verdict.segments);
    // Many servers empty a file that is written at its beginning.
    verdict.kind = verdict.segments.front().done > 0 ? Kind::go_on : Kind::start_over;
    return verdict;
}

/// How many of its first bytes the target has answered for, as far as that was written down.
std::uint64_t settled_of(const Unfinished& left) {
    const auto segments = read_segments(left.segments, *left.source_size);
    return segments && segments->size() == 1 ? segments->front().done : 0;
}

bool was_delivered(const Unfinished& left, const Sight& sight) {
    const auto& there = left.temporary.empty() ? sight.written : sight.target;
    return left.state == Unfinished::State::staged && there && there->size == left.staged_size;
}

}  // namespace

bool is_same_source(const Unfinished& left, const std::string& place, const std::string& path,
                    const Entry& facts) {
    if (left.source_place != place || left.source_path != path) return false;
    Entry before;
    before.size = left.source_size;
    before.modified = left.source_modified;
    before.modified_precision = left.source_precision;
    return !differ(before, facts, true);
}

Verdict go_on_from(std::uint64_t have, std::uint64_t size, const Means& means) {
    if (have > size) return {};
    if (have == size && means.unordered == 0) return {Kind::go_on, size, false};  // only to be proven
    if (!means.reads_source_at || !means.reads_target_at) return {};
    if (means.writes_target_at) {
        const auto sure = have - std::min(have, means.unordered);
        return sure == 0 ? Verdict{} : Verdict{Kind::go_on, sure, false};
    }
    if (means.appends && means.unordered == 0) return {Kind::go_on, have, true};
    return {};
}

Verdict judge(const Unfinished& left, const Sight& sight, const Means& means, const Options& options,
              bool only_look) {
    if (left.state == Unfinished::State::doomed || !left.source_size) return {};
    if (left.mode == Unfinished::Mode::append)
        return options.text ? Verdict{Kind::disturbed, 0, false}
                            : judge_append(left, sight, means, only_look);
    if (was_delivered(left, sight) && (left.temporary.empty() || !sight.written))
        return {Kind::delivered, left.staged_size, false};
    const bool has_its_name = left.state == Unfinished::State::staged && !left.temporary.empty() && !sight.written;
    if (has_its_name && options.taken_at_once) return {Kind::delivered, left.staged_size, false};
    if (!sight.written || !sight.written->size || options.text || !options.resume) return {};
    const auto have = *sight.written->size, size = *left.source_size;
    // Its size says nothing about the holes in it.
    if (left.mode == Unfinished::Mode::segments && left.state == Unfinished::State::begun)
        return judge_segments(left, have, means);
    if (have == size && (only_look || left.state == Unfinished::State::staged)) {
        const auto holes = left.state == Unfinished::State::staged ? 0 : means.unordered;
        return {Kind::go_on, size, false, std::max(kTail, holes)};
    }
    if (have < size && have < kWorthResuming) return {};
    auto known = means;
    known.unordered = std::min(means.unordered, have - std::min(have, settled_of(left)));
    return go_on_from(have, size, known);
}

bool is_worth_keeping(const Error& failure, std::uint64_t arrived, bool all_sent, bool size_is_known,
                      const Options& options) noexcept {
    if (options.text || !options.resume || !size_is_known) return false;
    if (all_sent && leaves_doubt(failure)) return true;
    return arrived >= kWorthResuming && (failure.code == ErrorCode::cancelled || leaves_doubt(failure));
}

bool leaves_doubt(const Error& failure) noexcept {
    switch (failure.code) {
        case ErrorCode::connection_lost:
        case ErrorCode::connection_refused:
        case ErrorCode::host_unreachable:
        case ErrorCode::data_connection_failed:
        case ErrorCode::server_busy:
        case ErrorCode::timeout:
        case ErrorCode::incomplete:
            return true;
        default:
            return false;
    }
}

}  // namespace fairlead::transfer
