#include "flow/tick.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/flow_resource.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/delivery_store.hpp"
#include "store/store.hpp"

namespace fairlead::flow {
namespace {

using catalog::Flow;
using catalog::Run;
using catalog::RunState;

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
    }

    void look_at_schedule(const Flow& flow) {
        auto& ledger = workspace_.store().deliveries();
        const auto since = std::max(ledger.last_moment(flow.record.id).value_or(Time{}), flow.record.updated_at);
        const auto due = catalog::decide_due(*flow.schedule, flow.zone, since, now_);
        for (const auto moment : due.passed)
            ledger.take_moment(flow.record.id, moment, now_);
        for (const auto moment : due.run)
            queue(flow, "schedule", {{"moment", to_rfc3339(moment)}},
                  [&] { return ledger.take_moment(flow.record.id, moment, now_); });
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

    /// `take` gives whether this is ours to queue; together with what follows it is one transaction.
    template <class Take>
    void queue(const Flow& flow, std::string trigger, boost::json::object reason, Take take) {
        service::Runs runs(workspace_);
        std::string id;
        workspace_.store().together([&] {
            id.clear();
            if (!take()) return;
            const auto overlap = flow.schedule ? flow.schedule->overlap : std::string("queue");
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
};

}  // namespace

Tick tick(service::Workspace& workspace, Time now) {
    return Ticking(workspace, now).run();
}

}  // namespace fairlead::flow
