#include "flow/tick.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/process_identity.hpp"
#include "catalog/cron.hpp"
#include "catalog/flow_resource.hpp"
#include "flow/expect.hpp"
#include "service/alerts.hpp"
#include "service/flows.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/clock.hpp"
#include "store/delivery_store.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::flow {
namespace {

using catalog::Flow;
using catalog::Run;
using catalog::RunState;

constexpr std::size_t kPage = 500;
constexpr std::size_t kEverybody = 100'000;  // flows with news, of one tick
constexpr std::chrono::days kLooksBack{2};  // for deadlines that passed while no daemon ran
constexpr std::chrono::minutes kLate{1};  // a moment that is older was missed
constexpr std::chrono::seconds kInTime{5};  // some looks at the flows
constexpr std::size_t kRunsLookedAt = 50;  // of each flow that another one follows

class Ticking {
  public:
    Ticking(service::Workspace& workspace, Time now) : workspace_(workspace), now_(now) {}

    Tick run() {
        store::ResourceQuery query;
        query.kind = catalog::Kind::flow;
        query.enabled = true;
        for (const auto& resource : workspace_.store().resources().list(query)) {
            try {
                look_at(catalog::flow_of(resource));
            } catch (const Error& error) {
                if (error.retryable()) throw;  // the store is away
                tick_.troubles.push_back(fmt::format("{}: {}", resource.name, error.message));
            }
        }
        return std::move(tick_);
    }

  private:
    void look_at(const Flow& flow) {
        if (flow.schedule) look_at_schedule(flow);
        for (const auto& before : flow.triggers.after)
            look_at_flow_before(flow, before);
        if (!flow.triggers.monitor.empty()) look_at_monitor(flow);
        for (const auto& expectation : flow.expectations)
            look_at_expectation(flow, expectation);
    }

    /// Asks for all flows at once, the first time.
    bool has_news(const std::string& consumer) {
        if (!news_) {
            news_.emplace();
            for (const auto& each : workspace_.store().events().due(service::consumer_of_flow({}), process_identity(), now_, kEverybody))
                news_->insert(each.name);
        }
        return news_->contains(consumer);
    }

    /// All events that wait are for one run: it looks at everything.
    void look_at_monitor(const Flow& flow) {
        auto& store = workspace_.store();
        const auto& name = flow.triggers.monitor;
        auto monitor = store.resources().find(catalog::Kind::monitor, flow.record.project, name);
        if (!monitor) monitor = store.resources().find(catalog::Kind::monitor, catalog::kGlobalProject, name);
        if (!monitor)
            throw Error(ErrorCode::not_found, fmt::format("its monitor '{}' does not exist", name));
        auto& events = store.events();
        const auto consumer = service::consumer_of_flow(flow.record.id);
        const auto known = events.consumer(consumer);
        const bool listens = known && known->monitor == monitor->record.id;
        if (known && !listens) events.unsubscribe(consumer);
        if (!listens) events.subscribe(consumer, monitor->record.id);
        if (!has_news(consumer)) return;
        queue(flow, "monitor", {{"monitor", monitor->name}}, [&] {
            if (!events.claim(consumer, process_identity(), now_, now_ + std::chrono::seconds(10))) return false;
            const auto waiting = events.pending(consumer, kPage);
            if (waiting.empty()) return false;
            events.advance(consumer, waiting.back().sequence);
            return true;
        });
    }

    void look_at_expectation(const Flow& flow, const catalog::FlowExpectation& expectation) {
        auto& ledger = workspace_.store().deliveries();
        const auto since = std::max(flow.record.updated_at, now_ - kLooksBack);
        for (const auto& window : windows_of(expectation, flow.zone, since, now_)) {
            const bool over = now_ >= window.deadline;
            const auto what = expectation.name + " " + to_rfc3339(window.deadline);
            const auto key = (over ? "expected " : "soon ") + what;
            if (ledger.has_notice(flow.record.id, key)) continue;
            const auto problem = missing(expectation, arrived(flow, expectation, window));
            if (problem.empty() && !over) continue;
            if (problem.empty())
                ledger.take_notice(flow.record.id, key, now_);
            else
                tell(flow, expectation, window, over, key, problem);
        }
        if (const auto next = next_deadline(flow, expectation); next && (!tick_.next || *next < *tick_.next)) tick_.next = next;
    }

    std::optional<Time> next_deadline(const Flow& flow, const catalog::FlowExpectation& expectation) const {
        return catalog::Cron(catalog::deadline_cron(expectation.by)).next(now_, flow.zone);
    }

    /// What every target got of the files that were first seen within the window.
    Arrived arrived(const Flow& flow, const catalog::FlowExpectation& expectation, const Window& window) {
        std::vector<Glob> patterns(expectation.patterns.begin(), expectation.patterns.end());
        Arrived sum;
        store::VersionQuery query;
        query.flow = flow.record.id;
        query.limit = kPage;
        for (;;) {
            const auto page = workspace_.store().deliveries().list(query);
            for (const auto& version : page) {
                if (version.seen_at <= window.begin) return sum;
                const bool there = version.state == catalog::VersionState::delivered || version.state == catalog::VersionState::done;
                const bool in_time = version.seen_at <= window.deadline;
                const bool wanted = patterns.empty() || std::ranges::any_of(patterns, [&](const Glob& pattern) {
                                        return pattern.matches(version.path);
                                    });
                if (!there || !in_time || !wanted || version.deliveries.empty()) continue;
                ++sum.files;
                sum.bytes += version.size.value_or(0);
            }
            if (page.size() < kPage) return sum;
            query.before = page.back().number;
        }
    }

    void tell(const Flow& flow, const catalog::FlowExpectation& expectation, const Window& window, bool over,
              const std::string& key, const std::string& problem) {
        const auto message = fmt::format("{}: '{}' of the flow '{}' {} {}: {}.", over ? "Missed" : "Not met yet", expectation.name,
                                         flow.name, over ? "was due at" : "is due at", to_rfc3339(window.deadline), problem);
        const service::Alert alert{over ? "fairlead.flow.expectation.missed" : "fairlead.flow.expectation.warning", key, now_,
                                   {{"expectation", expectation.name}, {"deadline", to_rfc3339(window.deadline)}, {"message", message}}};
        service::alert(workspace_.store(), service::alert_subject(catalog::resource_of(flow)).value(), alert);
    }

    /// After which its next moment comes. Moments and changes that lie ahead are of a clock that was ahead: from now
    /// on then.
    Time begin_of(const Flow& flow, store::DeliveryStore& ledger) {
        const auto ahead = now_ + store::kClocksDiffer;
        auto last = ledger.last_moment(flow.record.id);
        const bool was_ahead = (last && *last > ahead) || flow.record.updated_at > ahead;
        if (was_ahead) {
            ledger.forget_moments_after(flow.record.id, now_);
            if (!last || *last > ahead) ledger.take_moment(flow.record.id, now_, now_);
            last = ledger.last_moment(flow.record.id);
        }
        const auto changed = flow.record.updated_at > ahead ? Time{} : flow.record.updated_at;
        return std::max(last.value_or(Time{}), changed);
    }

    void look_at_schedule(const Flow& flow) {
        auto& ledger = workspace_.store().deliveries();
        const auto since = begin_of(flow, ledger);
        const auto due = catalog::decide_due(*flow.schedule, flow.zone, since, now_, kLate);
        for (const auto moment : due.passed)
            ledger.take_moment(flow.record.id, moment, now_);
        for (const auto moment : due.run) {
            // Each that was missed is made up for, one after the other: overlap is about those that come in time.
            const bool in_time = moment == due.run.back() && now_ - moment <= kInTime;
            const bool made_up_for = flow.schedule->missed == "all" && !in_time;
            queue(flow, "schedule", {{"moment", to_rfc3339(moment)}}, [&] { return ledger.take_moment(flow.record.id, moment, now_); },
                  made_up_for ? "queue" : flow.schedule->overlap);
        }
        if (due.next && (!tick_.next || *due.next < *tick_.next)) tick_.next = due.next;
    }

    void look_at_flow_before(const Flow& flow, const std::string& before) {
        store::RunQuery query;
        query.projects = {flow.record.project};
        query.kind = "flow";
        query.subject = before;
        query.states = {RunState::succeeded};
        if (flow.triggers.after_state == "ended")
            query.states.insert(query.states.end(), {RunState::failed, RunState::partial, RunState::cancelled});
        query.since = flow.record.updated_at;
        query.limit = kRunsLookedAt;
        auto runs = workspace_.store().runs().list(query);
        for (const auto& run : runs)  // newest first: one run of ours is for all that have ended
            queue(flow, "flow", {{"after", run.id}}, [&] {
                return workspace_.store().deliveries().take_notice(flow.record.id, "after " + run.id, now_);
            });
    }

    std::vector<Run> active_runs(const Flow& flow) {
        store::RunQuery query;
        query.projects = {flow.record.project};
        query.kind = "flow";
        query.subject = flow.name;
        query.states = {RunState::queued, RunState::running};
        return workspace_.store().runs().list(query);
    }

    /// `take` gives whether this is ours to queue; together with what follows it is one transaction. `overlap`: as a schedule
    /// has it; what something else asks for may be about a file that the run before has not seen.
    template <class Take>
    void queue(const Flow& flow, std::string trigger, boost::json::object reason, Take take, const std::string& overlap = "queue") {
        service::Runs runs(workspace_);
        std::string id;
        workspace_.store().together([&] {
            id.clear();
            if (!take()) return;
            const auto active = active_runs(flow);
            if (!active.empty() && overlap == "skip") return;
            if (overlap == "replace")
                for (const auto& run : active)
                    workspace_.store().runs().request_cancel(run.id, now_);
            // What waits already does all that there will be to do.
            const bool waits = std::ranges::any_of(active, [](const Run& run) { return run.state == RunState::queued; });
            if (waits && overlap == "queue" && trigger != "schedule") return;
            auto run = runs.draft(flow.record.project);
            run.created_at = now_;
            run.kind = "flow";
            run.subject = flow.name;
            run.connection = flow.source.connection;
            run.environment = flow.environment;
            run.trigger = trigger;
            run.request = reason;
            run.request["resumable"] = true;
            run.request["waits"] = true;
            id = runs.enqueue(std::move(run)).id;
        });
        if (!id.empty()) tick_.queued.push_back(id);
    }

    service::Workspace& workspace_;
    Time now_;
    Tick tick_;
    std::optional<std::set<std::string>> news_;  // consumers for whom events wait
};

}  // namespace

Tick tick(service::Workspace& workspace, Time now) {
    return Ticking(workspace, now).run();
}

}  // namespace fairlead::flow
