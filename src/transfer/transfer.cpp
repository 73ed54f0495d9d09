#include "transfer/transfer.hpp"

#include <fmt/format.h>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/move_bytes.hpp"
#include "transfer/names.hpp"
#include "transfer/publish.hpp"
#include "transfer/source_watch.hpp"
#include "transfer/verify.hpp"

namespace fairlead::transfer {
namespace {

using Mode = TransferPlan::Mode;
constexpr unsigned kMostNumbers = 10'000;

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

awaitable<TransferPlan> plan_for(FileSystem& target, const Job& job, const Options& options) {
    if (options.if_exists == IfExists::rename) {
        auto name = co_await free_name(target, job.target);
        co_return make_plan(job.facts, std::move(name), std::nullopt, target.abilities(), options,
                            unguessable());
    }
    std::optional<Entry> existing;
    if (needs_existing(options, target.abilities())) existing = co_await try_stat(target, job.target);
    co_return make_plan(job.facts, job.target, existing, target.abilities(), options, unguessable());
}

/// Where the bytes go while they are not proven.
const std::string& written_path(const TransferPlan& plan) {
    return plan.temporary.empty() ? plan.target : plan.temporary;
}

WriteOptions write_options(const TransferPlan& plan, const Job& job, const Options& options, bool durable,
                           bool can_convert) {
    WriteOptions write;
    // Not Mode::create: over FTP that costs a question, and nobody can have made a name that only we know. A
    // name that the user chose may be left over from last time.
    write.mode = plan.mode == Mode::append ? WriteOptions::Mode::append : WriteOptions::Mode::truncate;
    write.expected_size = job.facts.size;
    write.text = options.text && can_convert;
    write.durable = durable;
    return write;
}

/// The bytes, from opening the source to the target's word that it has them.
awaitable<void> move_content(FileSystem& source, FileSystem& target, Staged& staged, const Options& options,
                             bool durable, Progress* progress) {
    const auto& [job, plan, result] = staged;
    const bool from_text = source.abilities().text_mode, to_text = target.abilities().text_mode;
    if (options.text && !from_text && !to_text)
        throw Error(ErrorCode::unsupported, "Neither side has a text mode; only FTP does.").on(job.source);
    std::optional<Digest> digest;
    if (options.checksum) digest.emplace(choose_checksum(source.abilities(), target.abilities()));
    ReadOptions reading;
    reading.expected_size = job.facts.size;
    reading.text = options.text && from_text;
    const auto from = co_await source.open_read(job.source, reading);
    const SourceWatch watch(job.facts, *from);
    const auto to =
        co_await target.open_write(written_path(plan), write_options(plan, job, options, durable, to_text));

    auto& bytes = staged.result.bytes;
    const auto moving = [](ReadStream& in, WriteStream& out, Digest* sum, Progress* listener,
                           const net::RateLimits& limits, std::uint64_t& count) -> awaitable<void> {
        count = co_await move_bytes(in, out, sum, listener, limits);
        co_await out.finish();
    };
    auto failure =
        co_await caught(moving(*from, *to, digest ? &*digest : nullptr, progress, options.limits, bytes));
    if (failure) {
        // Both ends are left in a state in which their sessions can go on, as far as that is possible.
        (void)co_await caught(to->abort());
        (void)co_await caught(from->close());
        throw Error(*failure);
    }
    if (!options.text) co_await watch.check(source, job.source, bytes, job.careful);
    if (digest) {
        const auto algorithm = digest->algorithm();
        const auto sum = digest->finish();
        co_await from->close();
        co_await verify_checksum(source, job.source, algorithm, sum);
        if (plan.mode == Mode::whole) co_await verify_checksum(target, written_path(plan), algorithm, sum);
        staged.result.checksum = fmt::format("{}:{}", to_string(algorithm), sum);
    }
}

awaitable<void> prove(FileSystem& target, Staged& staged, const Options& options) {
    auto& [job, plan, result] = staged;
    if (options.text) co_return;
    const auto told = co_await verify_size(target, written_path(plan), plan.existing_size + result.bytes);
    if (told) result.proof = Proof::size;
    if (!result.checksum.empty() && plan.mode == Mode::whole) result.proof = Proof::checksum;
}

awaitable<void> preserve_time(FileSystem& target, Staged& staged) {
    const auto& modified = staged.job.facts.modified;
    if (!modified) {
        staged.result.warnings.push_back("The time was not kept: the source's server does not tell it.");
        co_return;
    }
    const auto failure = co_await caught(target.set_modified(written_path(staged.plan), *modified));
    if (!failure) co_return;
    if (!failure->session_usable || failure->code == ErrorCode::cancelled) throw Error(*failure);
    staged.result.warnings.push_back(fmt::format("The time was not kept: {}", failure->message));
}

/// Content, proof and time, into the temporary name.
awaitable<void> fill(FileSystem& source, FileSystem& target, Staged& staged, const Options& options,
                     bool durable, Progress* progress) {
    co_await move_content(source, target, staged, options, durable, progress);
    co_await prove(target, staged, options);
    if (options.preserve) co_await preserve_time(target, staged);
}

std::string directory_of(const std::string& path) {
    return std::string(path::parent(path));
}

awaitable<void> sync_before(FileSystem& target, const Staged& staged) {
    std::vector<std::string> paths{written_path(staged.plan)};
    const auto failure = co_await caught(target.sync(std::move(paths)));
    if (!failure) co_return;
    (void)co_await caught(discard(target, staged));
    throw Error(*failure);
}

awaitable<void> sync_after(FileSystem& target, const Staged& staged) {
    std::vector<std::string> paths{directory_of(staged.plan.target)};
    return target.sync(std::move(paths));
}

}  // namespace

awaitable<void> discard(FileSystem& target, const Staged& staged) {
    if (!staged.plan.temporary.empty()) co_await target.remove(staged.plan.temporary);
}

awaitable<Staged> stage(FileSystem& source, FileSystem& target, Job job, const Options& options, bool durable,
                        Progress* progress) {
    const auto began = std::chrono::steady_clock::now();
    Staged staged;
    staged.plan = co_await plan_for(target, job, options);
    staged.result.source = job.source;
    staged.result.target = staged.plan.target;
    staged.job = std::move(job);
    if (staged.plan.mode == Mode::skip) {
        staged.result.outcome = Outcome::skipped;
        staged.result.reason = staged.plan.reason;
        co_return staged;
    }
    if (progress != nullptr) progress->began(staged.job.source, staged.job.facts.size);
    auto failure = co_await caught(fill(source, target, staged, options, durable, progress));
    if (failure) {
        if (!staged.plan.temporary.empty()) {
            const auto left = co_await caught(discard(target, staged));
            if (left && left->code != ErrorCode::not_found)
                failure->hint = fmt::format("the unfinished file '{}' stays on the target; remove it",
                                            staged.plan.temporary);
        }
        throw Error(*failure);
    }
    if (staged.plan.mode == Mode::append) staged.result.outcome = Outcome::appended;
    staged.result.seconds = std::chrono::steady_clock::now() - began;
    co_return staged;
}

awaitable<void> publish_staged(FileSystem& target, Staged& staged) {
    if (staged.plan.mode != Mode::whole || staged.plan.temporary.empty()) co_return;
    auto failure = co_await caught(publish(target, staged.plan, staged.result.warnings));
    if (!failure) co_return;
    const auto left = co_await caught(discard(target, staged));
    if (left && left->code != ErrorCode::not_found && failure->hint.empty())
        failure->hint =
            fmt::format("the unpublished file '{}' stays on the target; remove it", staged.plan.temporary);
    throw Error(*failure);
}

awaitable<void> settle_source(FileSystem& source, const Staged& staged, const Options& options) {
    if (staged.plan.mode == Mode::skip) co_return;
    const auto& path = staged.job.source;
    if (options.delete_source) co_await source.remove(path);
    if (!options.move_source_to.empty())
        co_await source.rename(path, path::join(options.move_source_to, path::name(path)), false);
}

awaitable<TransferResult> transfer_file(FileSystem& source, FileSystem& target, Job job,
                                        const Options& options, Progress* progress) {
    const auto began = std::chrono::steady_clock::now();
    // Where the disk is waited for separately, that is after the time was set and before the name is given.
    const bool separately = target.abilities().sync_together;
    auto staged =
        co_await stage(source, target, std::move(job), options, options.durable && !separately, progress);
    if (staged.plan.mode != Mode::skip) {
        const bool sync = options.durable && separately;
        if (sync) co_await sync_before(target, staged);
        co_await publish_staged(target, staged);
        if (sync) co_await sync_after(target, staged);
        co_await settle_source(source, staged, options);
    }
    staged.result.seconds = std::chrono::steady_clock::now() - began;
    co_return std::move(staged.result);
}

}  // namespace fairlead::transfer
