#include "transfer/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/path.hpp"
#include "base/run_together.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::size_t kWaitingJobs = 1000;
constexpr unsigned kMostWorkers = 64;
constexpr std::uint64_t kBytesAtOnce =
    16 * 1024 * 1024;  // of small files together; a larger one goes by itself
constexpr std::uint64_t kUnknownSize = kBytesAtOnce;

/// What makes every further file fail too.
bool is_fatal(ErrorCode code) {
    switch (code) {
        case ErrorCode::no_space:
        case ErrorCode::quota_exceeded:
        case ErrorCode::cancelled:
        case ErrorCode::authentication_failed:
        case ErrorCode::certificate_untrusted:
        case ErrorCode::host_key_mismatch:
        case ErrorCode::host_key_unknown:
        case ErrorCode::disabled:
        case ErrorCode::egress_denied:
            return true;
        default:
            return false;
    }
}

}  // namespace

Run::Run(boost::asio::any_io_executor executor, Sessions& source, Sessions& target, Options options,
         RunListener& listener)
    : executor_(executor),
      source_(source),
      target_(target),
      options_(std::move(options)),
      listener_(listener),
      jobs_(executor, kWaitingJobs),
      admission_(executor) {}

awaitable<RunSummary> Run::run(std::function<awaitable<void>(Run&)> produce) {
    bool together = false;
    unsigned workers = 1;
    {
        const auto [from, to] = co_await Sessions::take_both(source_, target_);
        together = to.files().abilities().sync_together;
        const auto at_once = [](const Sessions& sessions, const Sessions::Lease& lease) {
            return std::uint64_t{sessions.most()} *
                   std::max(1u, lease.files().abilities().concurrent_operations);
        };
        const auto operations = std::min(at_once(source_, from), at_once(target_, to));
        workers = static_cast<unsigned>(
            std::clamp<std::uint64_t>(operations / (&source_ == &target_ ? 2 : 1), 1, kMostWorkers));
    }
    if (together) {
        Publisher::Listener listener;
        listener.published = [this](Staged& staged) { return settle_and_report(staged); };
        listener.failed = [this](const Staged& staged, const Error& error) {
            report_failure(staged.job.source, error);
            if (is_fatal(error.code)) stop(error);
        };
        publisher_.emplace(executor_, target_, options_.durable, std::move(listener));
    }
    std::vector<awaitable<void>> tasks;
    tasks.push_back(move_all(produce));
    for (unsigned i = 0; i < workers; ++i)
        tasks.push_back(work());
    const auto failure = co_await caught(run_together(std::move(tasks)));
    if (publisher_) co_await publisher_->finish();
    if (failure && (!fatal_ || failure->code == ErrorCode::cancelled)) throw Error(*failure);
    if (fatal_) throw Error(*fatal_);
    co_return std::move(summary_);
}

awaitable<void> Run::move_all(std::function<awaitable<void>(Run&)>& produce) {
    const auto failure = co_await caught(produce(*this));
    jobs_.close();
    if (failure) throw Error(*failure);
}

awaitable<void> Run::add(Job job) {
    const auto taken = co_await jobs_.push(std::move(job));
    if (!taken) throw Error(*fatal_);
}

awaitable<void> Run::make_directory(std::string path) {
    if (path == "/" || path.empty() || made_.contains(path)) co_return;
    std::optional<Error> failure;
    {
        auto lease = co_await target_.take();
        failure = co_await caught(lease.files().make_directory(path));
        if (failure && !failure->session_usable) lease.broken();
        if (failure && failure->session_usable && failure->code != ErrorCode::not_found) {
            // Servers answer an existing directory in many ways, so looking decides.
            const auto there = co_await try_stat(lease.files(), path);
            if (there && (there->type == EntryType::directory || there->type == EntryType::symlink))
                failure.reset();
        }
    }
    if (failure && failure->code == ErrorCode::not_found) {
        co_await make_directory(std::string(path::parent(path)));
        auto lease = co_await target_.take();
        failure = co_await caught(lease.files().make_directory(path));
        if (failure && !failure->session_usable) lease.broken();
    }
    if (failure) throw Error(*failure);
    made_.insert(std::move(path));
}

void Run::stop(const Error& error) {
    if (!fatal_) fatal_ = error;
    jobs_.drop();
    admission_.notify_all();
}

awaitable<void> Run::work() {
    for (;;) {
        auto job = co_await jobs_.pop();
        if (!job) co_return;
        const auto size = std::min(job->facts.size.value_or(kUnknownSize), kBytesAtOnce);
        co_await admit(size);
        if (fatal_) co_return;
        ++files_under_way_;
        bytes_under_way_ += size;
        const auto failure = co_await caught(move(*job));
        --files_under_way_;
        bytes_under_way_ -= size;
        admission_.notify_all();
        if (!failure) continue;
        if (failure->code == ErrorCode::cancelled) throw Error(*failure);
        report_failure(job->source, *failure);
        if (is_fatal(failure->code)) stop(*failure);
    }
}

/// Large files share nothing by being moved at once over one session, so there is one for each session.
awaitable<void> Run::admit(std::uint64_t size) {
    const auto sessions =
        std::max(1u, std::min(source_.most(), target_.most()) / (&source_ == &target_ ? 2 : 1));
    while (!fatal_ && files_under_way_ >= sessions && bytes_under_way_ + size > kBytesAtOnce)
        co_await admission_.wait();
}

/// A place that cannot be reached at all fails every further file as well.
awaitable<std::pair<Sessions::Lease, Sessions::Lease>> Run::both_sessions() {
    try {
        co_return co_await Sessions::take_both(source_, target_);
    } catch (const Error& error) {
        stop(error);
        throw;
    }
}

awaitable<void> Run::move(Job& job) {
    Staged staged;
    {
        auto [from, to] = co_await both_sessions();
        const auto step = [](Run& run, FileSystem& source, FileSystem& target, Job& moved,
                             Staged& result) -> awaitable<void> {
            // What a server does with its disk is its own business, and waiting for it after each of many
            // files makes uploads some ten times slower; unless the only other copy is about to go.
            const bool last_copy = run.options_.delete_source || !run.options_.move_source_to.empty();
            const bool durable = run.options_.durable && !run.publisher_ && last_copy;
            result = co_await stage(source, target, moved, run.options_, durable, &run.listener_);
            if (!run.publisher_) co_await publish_staged(target, result);
        };
        const auto failure = co_await caught(step(*this, from.files(), to.files(), job, staged));
        if (failure) {
            if (!failure->session_usable) {  // whose fault it was is not known
                from.broken();
                to.broken();
            }
            throw Error(*failure);
        }
    }
    if (publisher_ && staged.plan.mode != TransferPlan::Mode::skip)
        co_await publisher_->add(std::move(staged));
    else
        co_await settle_and_report(staged);
}

awaitable<void> Run::settle_and_report(Staged& staged) {
    if (options_.delete_source || !options_.move_source_to.empty()) {
        const auto step = [](Run& run, Staged& file) -> awaitable<void> {
            auto from = co_await run.source_.take();
            co_await settle_source(from.files(), file, run.options_);
        };
        const auto failure = co_await caught(step(*this, staged));
        if (failure) {
            report_failure(
                staged.job.source,
                Error(*failure).hinting("the target is complete; only the source is still where it was"));
            co_return;
        }
    }
    report(staged.result);
}

void Run::report(const TransferResult& result) {
    if (result.outcome == Outcome::skipped)
        ++summary_.skipped;
    else
        ++summary_.transferred;
    summary_.bytes += result.bytes;
    listener_.done(result);
}

void Run::report_failure(const std::string& source, const Error& error) {
    ++summary_.failed;
    if (!summary_.first_failure) summary_.first_failure = error;
    listener_.failed(source, error);
}

}  // namespace fairlead::transfer
