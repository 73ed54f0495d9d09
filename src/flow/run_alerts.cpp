#include "flow/run_alerts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "base/error_json.hpp"
#include "catalog/run.hpp"
#include "service/alerts.hpp"
#include "store/run_store.hpp"
#include "store/store.hpp"

namespace fairlead::flow {
namespace {

using catalog::Kind;
using catalog::Run;
using catalog::RunState;

constexpr std::string_view kPosition = "alerts.run_event";
constexpr std::size_t kPage = 500;

std::optional<std::int64_t> position_in(store::Store& store) {
    const auto text = store.settings().get(kPosition);
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

/// What ran: in the project of the run, or a global one.
std::optional<service::AlertSubject> subject_of(store::Store& store, const Run& run) {
    if (run.subject.empty() || (run.kind != "flow" && run.kind != "operation")) return std::nullopt;
    const auto kind = run.kind == "flow" ? Kind::flow : Kind::operation;
    auto found = store.resources().find(kind, run.project, run.subject);
    if (!found) found = store.resources().find(kind, catalog::kGlobalProject, run.subject);
    if (!found) return std::nullopt;
    return service::alert_subject(*found);
}

service::Alert alert_of(const Run& run, const service::AlertSubject& subject) {
    const auto why = run.error ? ": " + run.error->message : std::string(".");
    service::Alert alert;
    alert.type = "fairlead.run.failed";
    alert.key = "run " + run.id;
    alert.at = run.finished_at.value_or(run.created_at);
    alert.data = {{"runId", run.id},
                  {"state", catalog::to_string(run.state)},
                  {"trigger", run.trigger},
                  {"failedFiles", run.failed},
                  {"error", run.error ? boost::json::value(to_json(*run.error)) : boost::json::value()},
                  {"message", fmt::format("A run of the {} '{}' {}{}", run.kind, subject.name,
                                          run.state == RunState::partial ? "failed in part" : "failed", why)}};
    return alert;
}

void look_at(store::Store& store, const std::string& id) {
    const auto run = store.runs().find(id);
    if (!run || (run->state != RunState::failed && run->state != RunState::partial)) return;
    const auto subject = subject_of(store, *run);
    if (subject && (!subject->webhook.empty() || !subject->email.empty()))
        service::alert(store, *subject, alert_of(*run, *subject));
}

}  // namespace

void alert_failed_runs(store::Store& store) {
    auto position = position_in(store);
    if (!position) return store.settings().set(kPosition, std::to_string(store.runs().newest_event()));
    for (bool more = true; more;) {
        store::EventQuery query;
        query.after = *position;
        query.limit = kPage;
        const auto events = store.runs().events(query);
        more = events.size() == kPage;
        if (events.empty()) return;
        for (const auto& event : events)
            if (event.type == "run.finished") look_at(store, event.run);
        position = events.back().number;
        store.settings().set(kPosition, std::to_string(*position));
    }
}

}  // namespace fairlead::flow
