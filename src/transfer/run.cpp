#include "transfer/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "base/quantity.hpp"
#include "base/run_together.hpp"
#include "base/utf8.hpp"
#include "fairlead/deadline.hpp"
#include "transfer/failure.hpp"
#include "transfer/link.hpp"
#include "transfer/persist.hpp"

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

/// A deadline of ours says which it was, how long it was, and that trying again will not help.
Error named(Error failure, std::string_view step, std::string_view what, std::chrono::milliseconds limit,
            const std::string& path) {
    if (failure.code != ErrorCode::timeout || failure.step != step) return failure;
    failure.message =
        fmt::format("{} was not done within {} (--{}-timeout).", what, format_duration(limit), step);
    failure.path = path;
    failure.retry = false;
    return failure;
}

awaitable<void> make_with_parents(FileSystem& files, std::string path) {
    auto failure = co_await caught(files.make_directory(path));
    if (failure && failure->code == ErrorCode::not_found && path != "/") {
        co_await make_with_parents(files, std::string(path::parent(path)));
        failure = co_await caught(files.make_directory(path));
    }
    if (!failure) co_return;
    if (!failure->session_usable || failure->code == ErrorCode::not_found) throw Error(*failure);
    // Servers answer an existing directory in many ways, so looking decides.
    const auto there = co_await try_stat(files, path);
    if (!there || (there->type != EntryType::directory && there->type != EntryType::symlink))
        throw Error(*failure);
}

}  // namespace

Run::Run(boost::asio::any_io_executor executor, Sessions& source, Sessions& target, Options options,
         RunListener& listener, Journal* journal)
    : executor_(executor),
      source_(source),
      target_(target),
      options_(std::move(options)),
      listener_(listener),
      ways_{source, target, journal, options_.patience, {}},
      jobs_(executor, kWaitingJobs),
      admission_(executor) {
    ways_.patience.retries =
        options_.retries.value_or(std::max(source_.place().retries, target_.place().retries));
    for (auto* place : {&source_, &target_})
        place->set_patience(ways_.patience);
    ways_.retrying = [this](const std::string& what, const Error& error, unsigned failures,
                            std::chrono::milliseconds wait) {
        listener_.retrying(what, error, failures, wait);
    };
    if (journal != nullptr && !target_.identity().empty()) return;
    ways_.journal = &own_journal_;
    if (target_.identity().empty()) target_.place().identity = "unnamed";
}

awaitable<RunSummary> Run::run(std::function<awaitable<void>(Run&)> produce) {
    if (!options_.run_timeout) {
        co_await run_all(produce);
        co_return std::move(summary_);
    }
    const auto deadline = Clock::now() + *options_.run_timeout;
    const auto failure = co_await caught(within(deadline, "run", run_all(produce)));
    if (failure) throw named(*failure, "run", "The run", *options_.run_timeout, {});
    co_return std::move(summary_);
}

/// How many files may be moved at once, and whether they are published together.
awaitable<void> Run::prepare(unsigned& workers, bool& together) {
    auto [from, to] = co_await take_both_patiently(ways_, ways_.target.identity());
    together = to.files().abilities().sync_together;
    target_folds_case_ = to.files().abilities().folds_case;
    const auto at_once = [](const Sessions& sessions, const Sessions::Lease& lease) {
        return std::uint64_t{sessions.most()} * std::max(1u, lease.files().abilities().concurrent_operations);
    };
    const auto operations = std::min(at_once(source_, from), at_once(target_, to)) / each_takes();
    workers = static_cast<unsigned>(std::clamp<std::uint64_t>(operations, 1, kMostWorkers));
    if (options_.dry_run) {
        together = false;
        co_return;
    }
    const Route route{from.files(), to.files(), &source_.place(), &target_.place(), ways_.journal};
    const auto failure = co_await caught(sweep(route));
    if (!failure) co_return;
    if (failure->code == ErrorCode::cancelled) throw Error(*failure);
    if (!failure->session_usable) to.broken();  // what is left over is not worth failing for
}

awaitable<void> Run::run_all(std::function<awaitable<void>(Run&)>& produce) {
    bool together = false;
    unsigned workers = 1;
    co_await prepare(workers, together);
    if (together) {
        Publisher::Listener listener;
        listener.published = [this](Staged& staged) { return settle_and_report(staged); };
        listener.failed = [this](Staged& staged, const Error& error) {
            if (staged.entry != 0) ways_.journal->leave(staged.entry);
            report_failure(staged.job.source, error);
            if (is_fatal(error.code)) stop(error);
        };
        publisher_.emplace(executor_, target_, ways_.journal, options_.durable, std::move(listener));
    }
    std::vector<awaitable<void>> tasks;
    tasks.push_back(move_all(produce));
    for (unsigned i = 0; i < workers; ++i)
        tasks.push_back(work());
    const auto failure = co_await caught(run_together(std::move(tasks)));
    if (publisher_) co_await publisher_->finish();
    if (!failure && !fatal_) (void)co_await caught(remove_late_files());
    if (failure && (!fatal_ || failure->code == ErrorCode::cancelled)) throw Error(*failure);
    if (fatal_) throw Error(*fatal_);
}

/// What it cannot do now, the next run at the place does.
awaitable<void> Run::remove_late_files() {
    if (!ways_.journal->has_late(target_.identity())) co_return;
    auto lease = co_await target_.take();
    const Route route{lease.files(), lease.files(), nullptr, &target_.place(), ways_.journal};
    co_await remove_late(route);
}

awaitable<void> Run::move_all(std::function<awaitable<void>(Run&)>& produce) {
    const auto failure = co_await caught(produce(*this));
    jobs_.close();
    if (failure) throw Error(*failure);
}

awaitable<void> Run::add(Job job) {
    if (target_folds_case_ && !folded_.insert(case_key(job.target)).second) {
        report_failure(
            job.source,
            Error(ErrorCode::already_exists,
                  fmt::format("'{}' and another file of this run would have the same name on the target's "
                              "disk, which takes upper and lower case for the same.",
                              job.target))
                .on(job.target));
        co_return;
    }
    if (job.facts.size) listener_.expected(*job.facts.size);
    const auto taken = co_await jobs_.push(std::move(job));
    if (!taken) throw Error(*fatal_);
}

awaitable<void> Run::make_directory(std::string path) {
    if (path == "/" || path.empty() || options_.dry_run || made_.contains(path)) co_return;
    std::function<awaitable<void>(FileSystem&)> make = [&](FileSystem& files) {
        return make_with_parents(files, path);
    };
    co_await persistently(target_, ways_.patience, path, ways_.retrying, make);
    made_.insert(std::move(path));
}

awaitable<void> Run::make_link(Job job, std::string says) {
    Staged staged;
    staged.job = std::move(job);
    const auto step = [](Run& run, Staged& link, const std::string& target) -> awaitable<void> {
        auto [from, to] = co_await take_both_patiently(run.ways_, link.job.source);
        const Route route{from.files(), to.files(), &run.source_.place(), &run.target_.place(), nullptr};
        const auto failure = co_await caught(place_link(route, link, target, run.options_));
        if (failure && !failure->session_usable) {
            from.broken();
            to.broken();
        }
        if (failure) throw Error(*failure);
    };
    const auto failure = co_await caught(step(*this, staged, says));
    if (!failure) co_return report(staged);
    if (failure->code == ErrorCode::cancelled) throw Error(*failure);
    report_failure(staged.job.source, *failure);
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
        if (failure->code == ErrorCode::cancelled) {
            listener_.stopped(job->source, *failure);
            throw Error(*failure);
        }
        report_failure(job->source, *failure);
        if (is_fatal(failure->code)) stop(*failure);
    }
}

/// Large files share nothing by being moved at once over one session, so there is one for each session.
awaitable<void> Run::admit(std::uint64_t size) {
    const auto sessions = std::max(1u, std::min(source_.most(), target_.most()) / each_takes());
    while (!fatal_ && files_under_way_ >= sessions && bytes_under_way_ + size > kBytesAtOnce)
        co_await admission_.wait();
}

awaitable<void> Run::foresee_only(Job& job) {
    auto [from, to] = co_await take_both_patiently(ways_, job.source);
    const Route route{from.files(), to.files(), &source_.place(), &target_.place(), nullptr};
    Staged staged;
    staged.job = std::move(job);
    const auto failure = co_await caught(foresee(route, staged, options_));
    if (!failure) co_return report(staged);
    if (!failure->session_usable) {
        from.broken();
        to.broken();
    }
    throw Error(*failure);
}

awaitable<void> Run::move(Job& job) {
    if (options_.dry_run) co_return co_await foresee_only(job);
    if (!options_.file_timeout) co_return co_await move_and_publish(job);
    const auto deadline = Clock::now() + *options_.file_timeout;
    const auto failure = co_await caught(within(deadline, "file", move_and_publish(job)));
    if (failure) throw named(*failure, "file", "The file", *options_.file_timeout, job.source);
}

awaitable<void> Run::move_and_publish(Job& job) {
    // What a server does with its disk is its own business, and waiting for it after each of many files makes
    // uploads some ten times slower; unless the only other copy is about to go.
    const bool last_copy = options_.delete_source || !options_.move_source_to.empty();
    // Together with others a large file is no cheaper, and the disk begins earlier.
    const bool large = job.facts.size.value_or(0) > kBytesAtOnce;
    const bool durable = options_.durable && (publisher_ ? large : last_copy);
    Staged staged;
    bool unreachable = false;
    const auto step = [](Run& run, const Job& wanted, bool waits, Staged& result,
                         bool& away) -> awaitable<void> {
        result =
            co_await move_file(run.ways_, wanted, run.options_, waits, !run.publisher_, &run.listener_, away);
    };
    const auto failure = co_await caught(step(*this, job, durable, staged, unreachable));
    if (failure) {
        // A place that cannot be reached at all fails every further file as well.
        if (unreachable && failure->code != ErrorCode::cancelled) stop(*failure);
        throw Error(*failure);
    }
    if (publisher_ && staged.phase == Staged::Phase::staged)
        co_await publisher_->add(std::move(staged));
    else
        co_await settle_and_report(staged);
}

awaitable<void> Run::settle_and_report(Staged& staged) {
    FAIRLEAD_FAULT_POINT("run.before_settling");
    const auto failure = co_await caught(settle(ways_, staged, options_));
    FAIRLEAD_FAULT_POINT("run.after_settling");
    if (failure) {
        if (staged.entry != 0) ways_.journal->leave(staged.entry);
        report_failure(
            staged.job.source,
            Error(*failure).hinting("the target is complete; only the source is still where it was"));
        co_return;
    }
    conclude(ways_.journal, staged);
    FAIRLEAD_FAULT_POINT("run.concluded");
    report(staged);
}

void Run::report(Staged& staged) {
    auto& result = staged.result;
    if (result.outcome != Outcome::skipped && !staged.job.why.empty()) result.reason = staged.job.why;
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
