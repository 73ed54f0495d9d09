#include "transfer/attempts.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "transfer/attempt_log.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"

namespace fairlead::transfer {
namespace asio = boost::asio;
namespace {

using Phase = Staged::Phase;
constexpr unsigned kMostNewBeginnings = 2;  // in one attempt, when going on did not work
constexpr unsigned kMostUnanswered = 2;     // questions for what is at the target, before it is left alone

/// The two sessions of an attempt. A failure that spoils one may be of either: both are left.
struct Pair {
    Sessions::Lease from, to;
    /// Whether one of them had ended while it was kept.
    bool failed(const Error& failure) {
        const bool one = from.failed(failure), other = to.failed(failure);
        return one || other;
    }
};

/// Whoever waits for a session of a busy server has waited as long as patience allows.
void refuse_to_wait_twice(const Error& failure) {
    if (failure.code == ErrorCode::server_busy) throw Error(failure);
}

class FileMove {
  public:
    FileMove(const Ways& ways, const Options& options, bool durable, bool publish, Progress* progress,
             bool& unreachable)
        : ways_(ways),
          options_(options),
          durable_(durable),
          publish_(publish),
          progress_(progress),
          unreachable_(unreachable) {}

    awaitable<Staged> run(Job job) {
        const auto began = std::chrono::steady_clock::now();
        unsigned failures = 0, beginnings = 0;
        for (;;) {
            auto failure = co_await caught(attempt(job, false));
            if (failure && begins_again()) continue;
            if (failure && staged_.start_over && beginnings < kMostNewBeginnings) {
                ++beginnings;
                continue;
            }
            if (failure) failure = co_await look_in_doubt(job, *failure);
            if (!failure) break;
            ++failures;
            if (ways_.log != nullptr) ways_.log->failed(*failure);
            if (unreachable_) refuse_to_wait_twice(*failure);
            co_await wait_or_throw(*failure, failures, ways_.patience, job.source, ways_.retrying);
        }
        auto& result = staged_.result;
        result.attempts = failures + 1;
        result.seconds = std::chrono::steady_clock::now() - began;
        // What earlier attempts of this run brought was moved by this run.
        const auto before = std::min(first_offset_.value_or(0), result.resumed);
        result.bytes += result.resumed - before;
        result.resumed = before;
        co_return std::move(staged_);
    }

  private:
    awaitable<void> attempt(const Job& job, bool only_look) {
        staged_ = Staged{};
        staged_.job = job;
        const bool anew = !only_look && unanswered_ >= kMostUnanswered;
        if (anew) unanswered_ = 0;
        unreachable_ = true;
        if (ways_.log != nullptr) ways_.log->step("connect");
        was_dead_ = false;
        auto [from, to] = co_await Sessions::take_both(ways_.source, ways_.target);
        unreachable_ = false;
        Pair pair{std::move(from), std::move(to)};
        const auto seen = ways_.seen_as ? ways_.seen_as(pair.from.files()) : nullptr;
        const Route route{seen ? *seen : pair.from.files(), pair.to.files(), &ways_.source.place(), &ways_.target.place(),
                          ways_.journal,     &ways_.source,   &ways_.target, ways_.log};
        if (ways_.log != nullptr) ways_.log->between(route.source.peer().address, route.target.peer().address);
        const auto failure = co_await caught(steps(route, only_look, anew));
        if (ways_.log != nullptr) ways_.log->moved(staged_.result.bytes);
        if (!first_offset_ && staged_.phase != Phase::planned) first_offset_ = staged_.plan.offset;
        if (!failure) co_return;
        if (is_out_of_reach(*failure)) ++unanswered_;
        was_dead_ = pair.failed(*failure);
        throw Error(*failure);
    }

    /// Whether the attempt was none: it met a session that had ended while it was kept, and nothing of it has
    /// begun.
    bool begins_again() {
        const bool begun = staged_.phase > Phase::moving || staged_.result.bytes > 0 ||
                           (staged_.phase == Phase::moving && !staged_.plan.segments.empty());
        return was_dead_ && !begun && ++dead_sessions_ <= kMostDeadSessions;
    }

    /// A server can hold a file locked for a session of which it does not know that it is dead: what was
    /// begun is there, but cannot be looked at.
    bool is_out_of_reach(const Error& failure) const {
        const auto& plan = staged_.plan;
        return failure.code == ErrorCode::timeout && staged_.phase == Phase::planned && plan.offset > 0 &&
               plan.mode == TransferPlan::Mode::whole && failure.path == plan.temporary;
    }

    awaitable<void> steps(const Route& route, bool only_look, bool anew) {
        auto options = options_;
        options.resume = options.resume && !anew;
        co_await stage(route, staged_, options, durable_, progress_, only_look);
        if (!publish_ || staged_.phase != Phase::staged) co_return;
        if (ways_.before_publishing) co_await ask_leave(route);
        route.step("publish");
        co_await publish_staged(route, staged_, ways_.not_published);
    }

    /// What may not be published stays where it is, for whoever may.
    awaitable<void> ask_leave(const Route& route) {
        const auto refusal = co_await caught(ways_.before_publishing(staged_));
        if (!refusal) co_return;
        if (staged_.entry != 0) route.journal->leave(std::exchange(staged_.entry, 0));
        throw Error(*refusal);
    }

    /// Everything was sent, or the new name was asked for, but the answer did not come: looking tells, with
    /// sessions that work. Gives the failure where it remains one.
    awaitable<std::optional<Error>> look_in_doubt(const Job& job, Error failure) {
        const bool doubtful =
            staged_.kept && staged_.phase >= Phase::sent && failure.code != ErrorCode::cancelled;
        if (!doubtful) co_return failure;
        auto seen = co_await caught(attempt(job, true));
        while (seen && was_dead_ && ++dead_sessions_ <= kMostDeadSessions)
            seen = co_await caught(attempt(job, true));
        if (!seen) co_return std::nullopt;
        if (seen->code == ErrorCode::cancelled) co_return seen;
        co_return failure;
    }

    const Ways& ways_;
    const Options& options_;
    bool durable_, publish_;
    Progress* progress_;
    bool& unreachable_;
    unsigned unanswered_ = 0;
    bool was_dead_ = false;  // the session that failed last, before it was taken
    unsigned dead_sessions_ = 0;
    Staged staged_;
    std::optional<std::uint64_t> first_offset_;
};

}  // namespace

awaitable<void> wait_or_throw(const Error& failure, unsigned failures, const Patience& patience,
                              const std::string& what, const Retrying& retrying) {
    if (!is_worth_another(failure, failures, patience)) throw Error(failure);
    const auto wait = wait_after(failures, failure, patience, luck());
    if (retrying) retrying(what, failure, failures, wait);
    asio::steady_timer timer(co_await asio::this_coro::executor, wait);
    co_await timer.async_wait(asio::use_awaitable);
}

awaitable<std::pair<Sessions::Lease, Sessions::Lease>> take_both_patiently(const Ways& ways,
                                                                           const std::string& what) {
    for (unsigned failures = 0;;) {
        std::optional<std::pair<Sessions::Lease, Sessions::Lease>> leases;
        const auto take = [](const Ways& places, auto& into) -> awaitable<void> {
            into.emplace(co_await Sessions::take_both(places.source, places.target));
        };
        const auto failure = co_await caught(take(ways, leases));
        if (!failure) co_return std::move(*leases);
        ++failures;
        refuse_to_wait_twice(*failure);
        co_await wait_or_throw(*failure, failures, ways.patience, what, ways.retrying);
    }
}

awaitable<Staged> move_file(const Ways& ways, Job job, const Options& options, bool durable, bool publish,
                            Progress* progress, bool& unreachable) {
    FileMove move(ways, options, durable, publish, progress, unreachable);
    co_return co_await move.run(std::move(job));
}

awaitable<void> settle(const Ways& ways, const Staged& staged, const Options& options) {
    if (!options.delete_source && options.move_source_to.empty()) co_return;
    for (unsigned failures = 0, dead = 0;;) {
        std::function<awaitable<void>(FileSystem&)> step = [&](FileSystem& source) {
            return settle_source(source, staged, options);
        };
        bool was_dead = false;
        const auto failure = co_await caught(on_session(ways.source, std::move(step), &was_dead));
        if (!failure) co_return;
        if (was_dead && ++dead <= kMostDeadSessions) continue;
        ++failures;
        // A command whose answer did not come may have been done: another one tells, in any case.
        auto patience = ways.patience;
        if (leaves_doubt(*failure)) patience.retries = std::max(patience.retries, 1u);
        co_await wait_or_throw(*failure, failures, patience, staged.job.source, ways.retrying);
    }
}

}  // namespace fairlead::transfer
