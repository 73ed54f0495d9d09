#include "transfer/transfer.hpp"

#include <fmt/format.h>

#include "base/blocking.hpp"
#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "base/quantity.hpp"
#include "transfer/adopt.hpp"
#include "transfer/failure.hpp"
#include "transfer/move_content.hpp"
#include "transfer/move_segments.hpp"
#include "transfer/names.hpp"
#include "transfer/publish.hpp"
#include "transfer/verify.hpp"

namespace fairlead::transfer {
namespace {

using Mode = TransferPlan::Mode;
using Phase = Staged::Phase;
constexpr unsigned kMostNumbers = 10'000;
constexpr std::uint64_t kWorthASync = 64 * 1024 * 1024;  // of a file whose loss to a power failure matters

/// The first numbered name that is free.
awaitable<std::string> free_name(FileSystem& files, const std::string& path) {
    for (unsigned n = 0; n < kMostNumbers; ++n) {
        auto name = numbered(path, n);
        const auto there = co_await try_stat(files, name);
        if (!there) co_return name;
    }
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' and {} numbered names after it are taken.", path, kMostNumbers - 1))
        .on(path);
}

/// Whether both ends hold the same bytes, where that is what `different` means; else nothing.
awaitable<std::optional<bool>> compare_content(const Route& route, const Job& job, const Entry& existing,
                                               const Options& options) {
    if (options.if_exists != IfExists::different || !options.checksum ||
        existing.type == EntryType::directory)
        co_return std::nullopt;
    if (job.facts.size && existing.size && *job.facts.size != *existing.size) co_return false;
    const auto algorithm = choose_checksum(route.source.abilities(), route.target.abilities());
    const auto here = co_await checksum_of(route.source, job.source, algorithm);
    const auto there = co_await checksum_of(route.target, job.target, algorithm);
    co_return here == there;
}

awaitable<TransferPlan> plan_for(const Route& route, const Job& job, const Options& options) {
    auto& target = route.target;
    if (options.if_exists == IfExists::rename) {
        auto name = co_await free_name(target, job.target);
        co_return make_plan(job.facts, std::move(name), std::nullopt, target.abilities(), options,
                            unguessable());
    }
    std::optional<Entry> existing;
    std::optional<bool> same;
    if (needs_existing(options, target.abilities())) existing = co_await try_stat(target, job.target);
    if (existing) same = co_await compare_content(route, job, *existing, options);
    co_return make_plan(job.facts, job.target, existing, target.abilities(), options, unguessable(), same);
}

std::string_view effect_of(const TransferPlan& plan, bool existing) {
    if (plan.mode == Mode::append) return "appends to what is there";
    return existing ? "replaces what is there" : "new";
}

Unfinished record_of(const Route& route, const Staged& staged, const Options& options) {
    const auto& [source, facts, asked, careful, proves_itself, why] = staged.job;
    Unfinished record;
    record.mode = staged.plan.mode == Mode::append  ? Unfinished::Mode::append
                  : staged.plan.segments.size() < 2 ? Unfinished::Mode::whole
                                                    : Unfinished::Mode::segments;
    if (record.mode == Unfinished::Mode::segments) record.segments = to_text(staged.plan.segments);
    if (route.from != nullptr) record.source_place = route.from->identity;
    record.source_path = source;
    record.source_size = facts.size;
    record.source_modified = facts.modified;
    record.source_precision = facts.modified_precision;
    record.target_place = route.to->identity;
    record.asked = asked;
    record.target = staged.plan.target;
    record.temporary = staged.plan.temporary;
    record.existing_size = staged.plan.existing_size;
    record.taken_at_once = options.taken_at_once;
    return record;
}

/// The plan goes on where an earlier attempt broke off.
void go_on(TransferPlan& plan, const Leftover& left) {
    plan.temporary = left.transfer.temporary;
    plan.existing_size = left.transfer.existing_size;
    plan.offset = left.verdict.offset;
    plan.by_append = left.verdict.by_append;
    plan.segments = left.verdict.segments;
    plan.compare = left.verdict.compare;
}

bool fits(const TransferPlan& plan, const Leftover& left) {
    const bool appends = left.transfer.mode == Unfinished::Mode::append;
    if (plan.mode == Mode::append) return appends && plan.target == left.transfer.target;
    return plan.mode == Mode::whole && !appends && plan.temporary.empty() == left.transfer.temporary.empty();
}

/// What an earlier attempt delivered without being able to say so.
void take_as_delivered(Staged& staged, const Leftover& left) {
    staged.entry = left.transfer.number;
    staged.phase = Phase::published;
    staged.plan.target = left.transfer.target;
    staged.plan.mode = left.transfer.mode == Unfinished::Mode::append ? Mode::append : Mode::whole;
    auto& result = staged.result;
    result.target = staged.plan.target;
    result.outcome = staged.plan.mode == Mode::append ? Outcome::appended : Outcome::transferred;
    result.resumed = staged.job.facts.size.value_or(left.transfer.staged_size);
    result.checksum = left.transfer.checksum;
    result.proof = result.checksum.empty() ? Proof::size : Proof::checksum;
}

awaitable<void> prove(const Route& route, Staged& staged, const Options& options) {
    auto& [job, plan, result, phase, entry, start_over, name, told_size, kept] = staged;
    const auto size = plan.existing_size + plan.offset + result.bytes;
    if (!options.text) {
        auto told = told_size.has_value();
        if (told)
            check_size(written_path(plan), size, *told_size);
        else
            told = co_await verify_size(route.target, written_path(plan), size, options.drop_box);
        if (told) result.proof = Proof::size;
        if (!told && options.drop_box)
            result.warnings.push_back(
                fmt::format("'{}' is not to be seen any more: that it arrived is the server's word.",
                            written_path(plan)));
        if (!result.checksum.empty() && plan.mode == Mode::whole) result.proof = Proof::checksum;
    }
}

awaitable<void> preserve_time(const Route& route, Staged& staged) {
    const auto& modified = staged.job.facts.modified;
    if (!modified) {
        staged.result.warnings.push_back("The time was not kept: the source's server does not tell it.");
        co_return;
    }
    if (route.to != nullptr && !route.to->takes_times) {
        staged.result.warnings.push_back(
            "The time was not kept: the server ended the session when asked to.");
        co_return;
    }
    const auto failure = co_await caught(route.target.set_modified(written_path(staged.plan), *modified));
    if (!failure) co_return;
    if (route.to != nullptr && failure->code == ErrorCode::connection_lost) route.to->takes_times = false;
    if (!failure->session_usable || failure->code == ErrorCode::cancelled) throw Error(*failure);
    staged.result.warnings.push_back(fmt::format("The time was not kept: {}", failure->message));
}

/// A file that somebody else began is completed under a name of ours, like every other.
TransferPlan plan_with(const Adoption& adoption, const Job& job, const Abilities& abilities,
                       const Options& options) {
    auto overwrite = options;
    overwrite.if_exists = IfExists::overwrite;
    auto plan = make_plan(job.facts, job.target, std::nullopt, abilities, overwrite, unguessable());
    plan.adopted = true;
    plan.offset = adoption.verdict.offset;
    plan.by_append = adoption.verdict.by_append;
    plan.compare = adoption.verdict.compare;
    if (!adoption.whole) return plan;
    plan.mode = Mode::skip;
    plan.reason = "already there, whole";
    return plan;
}

/// Writes down what is about to be done. `left` is what it goes on with, if anything.
awaitable<void> record(const Route& route, Staged& staged, const Leftover* left, const Options& options) {
    if (left != nullptr && left->transfer.target == staged.plan.target) co_return;
    const auto before = std::exchange(staged.entry, route.journal->begin(record_of(route, staged, options)));
    route.journal->end(before);  // of the same file, on the way to another name
    if (staged.job.facts.size.value_or(0) >= kWorthASync) co_await run_blocking(route.journal->syncing());
}

/// Whether both ends can read and write it in the middle, and tell whether it is the same file in the end.
bool is_divisible(const Route& route, const Staged& staged, const Options& options) {
    const auto means = route.means();
    const auto& facts = staged.job.facts;
    return staged.plan.mode == Mode::whole && !staged.plan.temporary.empty() && !options.text && facts.size &&
           *facts.size >= 2 * kSmallestSegment && facts.modified && means.reads_source_at &&
           means.reads_target_at && means.writes_target_at;
}

/// Whether it may be moved over more sessions of its own accord: only to this machine, where what is written
/// in the middle is sure to be there, and where neither a limit nor a checksum on the way wants one stream.
bool may_widen(const Route& route, const Staged& staged, const Options& options) {
    return !options.segments && !options.checksum && options.limits.none() &&
           staged.job.facts.size.value_or(0) >= kWorthDividing && route.to != nullptr &&
           route.to->identity == kLocalIdentity && route.more_from != nullptr && route.more_from->most() > 1;
}

/// Decides how the file is moved, and writes that down before anything is.
awaitable<void> plan_and_record(const Route& route, Staged& staged, const Options& options, bool only_look) {
    auto& job = staged.job;
    auto left = co_await pick_up(route, job.source, job.facts, job.target, options, only_look);
    if (left && left->verdict.kind == Verdict::Kind::delivered) co_return take_as_delivered(staged, *left);
    if (left) staged.entry = left->transfer.number;
    std::optional<Adoption> adoption;
    if (!left && options.take_partial && !only_look)
        adoption = co_await find_beginning(route, job.source, job.facts, job.target);
    if (adoption)
        staged.plan = plan_with(*adoption, job, route.target.abilities(), options);
    else
        staged.plan = co_await plan_for(route, job, options);
    const bool goes_on = left && fits(staged.plan, *left);
    if (left && !goes_on) {
        co_await remove_left(route.target, *route.journal, left->transfer.number);
        staged.entry = 0;
    }
    if (goes_on) go_on(staged.plan, *left);
    if (is_divisible(route, staged, options) && (!goes_on || !staged.plan.segments.empty())) {
        const auto count = options.segments.value_or(1);
        staged.plan.widens = may_widen(route, staged, options);
        if (!goes_on && (count > 1 || staged.plan.widens))
            staged.plan.segments = divide(*job.facts.size, count);
    }
    staged.result.target = staged.plan.target;
    if (staged.plan.mode == Mode::skip) co_return;
    const bool own_name = is_unguessable(staged.plan.temporary);
    if (route.remembers() && !own_name)
        staged.name = route.journal->reserve(route.to->identity, written_path(staged.plan));
    if (route.remembers()) co_await record(route, staged, goes_on ? &*left : nullptr, options);
    if (staged.plan.adopted && !staged.plan.temporary.empty())
        co_await route.target.rename(staged.plan.target, staged.plan.temporary, false);
}

awaitable<void> stage_file(const Route& route, Staged& staged, const Options& options, bool durable,
                           Progress* progress, bool only_look) {
    staged.told_size.reset();  // what an earlier attempt was told is not what is there now
    route.step("look");
    co_await plan_and_record(route, staged, options, only_look);
    auto& [job, plan, result, phase, entry, start_over, name, told_size, kept] = staged;
    FAIRLEAD_FAULT_POINT("transfer.planned");
    if (phase == Phase::published) co_return;
    if (plan.mode == Mode::skip) {
        result.outcome = Outcome::skipped;
        result.reason = plan.reason;
        co_return;
    }
    if (only_look && (!job.facts.size || plan.offset < *job.facts.size))
        throw Error(ErrorCode::incomplete, fmt::format("Not all of '{}' arrived.", job.source))
            .on(job.source);
    plan.only_look = only_look;
    if (progress != nullptr) progress->began(job.source, job.facts.size);
    route.step(plan.segments.empty() ? "open" : "transfer");
    if (plan.segments.empty())
        co_await move_content(route, staged, options, durable, progress);
    else
        co_await move_segments(route, staged, options, durable, progress);
    route.step("verify");
    const auto unproven = co_await caught(prove(route, staged, options));
    if (unproven && unproven->code == ErrorCode::size_mismatch && !plan.segments.empty()) {
        // Some servers (Pure-FTPd) end a file where the last write at a position ended.
        if (route.to != nullptr) route.to->restarts_writes = false;
        start_over = true;
    }
    if (unproven) throw Error(*unproven);
    FAIRLEAD_FAULT_POINT("transfer.proven");
    if (options.preserve) route.step("preserve");
    if (options.preserve) co_await preserve_time(route, staged);
    if (plan.mode == Mode::append) result.outcome = Outcome::appended;
    result.resumed = plan.offset;
    phase = Phase::staged;
    if (entry != 0)
        route.journal->staged(entry, plan.existing_size + plan.offset + result.bytes, result.checksum);
    FAIRLEAD_FAULT_POINT("transfer.staged");
}

/// Keeps what can be gone on with; removes the rest, now or, where that fails, by the next transfer there.
awaitable<void> tidy_up(const Route& route, Staged& staged, const Options& options, Error& failure) {
    const auto arrived = staged.plan.offset + staged.result.bytes;
    const bool disturbed = failure.code == ErrorCode::conflict;  // never to be gone on with
    const bool appended = staged.plan.mode == Mode::append && arrived > 0 && !disturbed;
    staged.kept = staged.entry != 0 && !staged.start_over && staged.phase != Phase::planned &&
                  (appended || staged.plan.adopted ||
                   is_worth_keeping(failure, arrived, staged.phase >= Phase::sent,
                                    staged.job.facts.size.has_value(), options));
    const bool undecided =
        staged.entry != 0 && staged.phase == Phase::planned && !staged.start_over && !disturbed &&
        (staged.plan.offset > 0 || leaves_doubt(failure) || failure.code == ErrorCode::cancelled);
    if (staged.kept || undecided) {
        route.journal->leave(staged.entry);
        if (staged.kept && failure.hint.empty())
            failure.hint = fmt::format("{} of it stay at the target as '{}'; the next run goes on from there",
                                       format_size(arrived), written_path(staged.plan));
        co_return;
    }
    const auto left = co_await caught(discard(route, staged));
    if (left && left->code != ErrorCode::not_found && failure.hint.empty())
        failure.hint = fmt::format("the unfinished file '{}' stays on the target; {}", staged.plan.temporary,
                                   staged.entry != 0 ? "the next transfer there removes it" : "remove it");
}

/// For somebody who does not know of the temporary name. (What did not answer for it is told by its path.)
Error in_terms_of_target(Error failure, const TransferPlan& plan) {
    if (plan.temporary.empty() || failure.code == ErrorCode::timeout) return failure;
    if (failure.path == plan.temporary) failure.path = plan.target;
    const auto at = failure.message.find(plan.temporary);
    if (at != std::string::npos) failure.message.replace(at, plan.temporary.size(), plan.target);
    return failure;
}

awaitable<void> sync_before(const Route& route, Staged& staged, const Options& options) {
    std::vector<std::string> paths{written_path(staged.plan)};
    const auto failure = co_await caught(route.target.sync(std::move(paths)));
    if (!failure || (options.drop_box && failure->code == ErrorCode::not_found)) co_return;
    (void)co_await caught(discard(route, staged));
    throw Error(*failure);
}

awaitable<void> sync_after(FileSystem& target, const Staged& staged) {
    std::vector<std::string> paths{std::string(path::parent(staged.plan.target))};
    return target.sync(std::move(paths));
}

}  // namespace

awaitable<void> foresee(const Route& route, Staged& staged, const Options& options) {
    const auto& job = staged.job;
    auto& result = staged.result;
    result.source = job.source;
    result.target = job.target;
    staged.plan = co_await plan_for(route, job, options);
    result.target = staged.plan.target;
    result.outcome = staged.plan.mode == Mode::skip ? Outcome::skipped : Outcome::planned;
    result.reason = staged.plan.reason;
    if (staged.plan.mode == Mode::skip) co_return;
    result.bytes = job.facts.size.value_or(0);
    const auto existing = co_await try_stat(route.target, staged.plan.target);
    result.reason = effect_of(staged.plan, existing.has_value());
}

awaitable<void> discard(const Route& route, Staged& staged) {
    staged.name.reset();
    if (staged.entry != 0) {
        co_await remove_left(route.target, *route.journal, std::exchange(staged.entry, 0));
        co_return;
    }
    if (!staged.plan.temporary.empty()) co_await route.target.remove(staged.plan.temporary);
}

void conclude(Journal* journal, Staged& staged) {
    if (journal != nullptr && staged.entry != 0) journal->over(std::exchange(staged.entry, 0), true);
}

awaitable<void> stage(const Route& route, Staged& staged, const Options& options, bool durable,
                      Progress* progress, bool only_look) {
    const auto began = std::chrono::steady_clock::now();
    staged.result.source = staged.job.source;
    auto failure = co_await caught(stage_file(route, staged, options, durable, progress, only_look));
    staged.result.seconds = std::chrono::steady_clock::now() - began;
    if (!failure) co_return;
    if (progress != nullptr && staged.phase != Phase::planned)
        progress->moved_in_vain(staged.plan.offset + staged.result.bytes);
    if (staged.entry != 0 && staged.phase != Phase::planned && loses_session(*failure))
        route.journal->writer_lost(staged.entry);
    co_await tidy_up(route, staged, options, *failure);
    throw in_terms_of_target(*failure, staged.plan);
}

awaitable<void> publish_staged(const Route& route, Staged& staged, const std::function<awaitable<void>()>& refused) {
    if (staged.plan.mode != Mode::whole || staged.plan.temporary.empty()) co_return;
    const auto moving_aside = [&](const std::string& path) {
        if (staged.entry != 0) route.journal->aside(staged.entry, path);
    };
    auto failure = co_await caught(publish(route.target, staged.plan, staged.result.warnings, moving_aside));
    if (!failure) {
        staged.phase = Phase::published;
        FAIRLEAD_FAULT_POINT("transfer.published");
        co_return;
    }
    if (staged.entry != 0 && (leaves_doubt(*failure) || failure->code == ErrorCode::cancelled)) {
        staged.kept = true;
        route.journal->leave(std::exchange(staged.entry, 0));
        throw Error(*failure);
    }
    if (refused) {
        const auto untold = co_await caught(refused());
        if (untold && staged.entry != 0) route.journal->leave(std::exchange(staged.entry, 0));
        if (untold) throw Error(*untold);
    }
    const auto left = co_await caught(discard(route, staged));
    if (left && left->code != ErrorCode::not_found && failure->hint.empty())
        failure->hint =
            fmt::format("the unpublished file '{}' stays on the target; remove it", staged.plan.temporary);
    throw Error(*failure);
}

awaitable<void> settle_source(FileSystem& source, const Staged& staged, const Options& options) {
    if (staged.plan.mode == Mode::skip) co_return;
    const auto& path = staged.job.source;
    std::optional<Error> failure;
    if (options.delete_source) failure = co_await caught(source.remove(path));
    FAIRLEAD_FAULT_POINT("source.removed");
    if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);
    if (options.move_source_to.empty()) co_return;
    const auto moved = path::join(options.move_source_to, path::name(path));
    failure = co_await caught(source.rename(path, moved, false));
    FAIRLEAD_FAULT_POINT("source.moved");
    if (!failure) co_return;
    if (failure->code == ErrorCode::not_found) {
        const auto there = co_await try_stat(source, moved);
        if (there) co_return;
    }
    throw Error(*failure);
}

awaitable<TransferResult> transfer_file(FileSystem& source, FileSystem& target, Job job,
                                        const Options& options, Progress* progress) {
    const auto began = std::chrono::steady_clock::now();
    // Where the disk is waited for separately, that is after the time was set and before the name is given.
    const bool separately = target.abilities().sync_together;
    const Route route{source, target};
    Staged staged;
    staged.job = std::move(job);
    co_await stage(route, staged, options, options.durable && !separately, progress);
    if (staged.plan.mode != Mode::skip) {
        const bool sync = options.durable && separately;
        if (sync) co_await sync_before(route, staged, options);
        co_await publish_staged(route, staged);
        if (sync) co_await sync_after(target, staged);
        co_await settle_source(source, staged, options);
    }
    staged.result.seconds = std::chrono::steady_clock::now() - began;
    co_return std::move(staged.result);
}

}  // namespace fairlead::transfer
