#include "api/v1/monitors.hpp"

#include <algorithm>
#include <iterator>

#include "api/noun.hpp"
#include "api/v1/monitor_services.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/scheduler.hpp"

namespace fairlead::api {

std::vector<http::Route> monitor_routes(MonitorServices& services) {
    return noun_routes(services.workspaces,
                       {.kind = catalog::Kind::monitor,
                        .schema = "Monitor",
                        .filters = {{"connection", "Only those on the connection of this name"}},
                        .create_note = "It looks as soon as it is there.",
                        .update_note = "Where another place or other files are watched now, the next look is a first one.",
                        .disable_note = "A disabled monitor looks no more; what it knows stays.",
                        .remove_note = "All that it knows goes with it, and its events.",
                        .changed = [&services] { services.scheduler.changed(); }});
}

struct Monitors::Parts {
    Parts(service::WorkspacePool& workspaces, service::Engine& engine, MonitorsOptions options)
        : deliverer(workspaces, engine,
                    {.attempts = options.alert_attempts,
                     .keep = options.keep_events,
                     .mail = std::move(options.mail),
                     .attempted = std::move(options.attempted)}),
          scheduler(workspaces, engine,
                    {.events_came = [this] { deliverer.look(); },
                     .looked = std::move(options.looked),
                     .report = std::move(options.report)}),
          services{workspaces, engine, scheduler, deliverer} {}

    monitor::Deliverer deliverer;
    monitor::Scheduler scheduler;
    MonitorServices services;
};

Monitors::Monitors(service::WorkspacePool& workspaces, service::Engine& engine, MonitorsOptions options)
    : parts_(std::make_unique<Parts>(workspaces, engine, std::move(options))) {}

Monitors::~Monitors() = default;

std::vector<http::Route> Monitors::routes() {
    auto all = monitor_routes(parts_->services);
    for (auto* more : {&monitor_action_routes, &monitor_event_routes, &letter_routes})
        std::ranges::move((*more)(parts_->services), std::back_inserter(all));
    return all;
}

}  // namespace fairlead::api
