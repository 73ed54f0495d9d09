#include "monitor/monitor_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "catalog/file_state.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/scheduler.hpp"

namespace fairlead::monitor {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

double seconds(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string outcome_of(Attempt attempt) {
    switch (attempt) {
        case Attempt::delivered:
            return "delivered";
        case Attempt::failed:
            return "failed";
        case Attempt::given_up:
            return "given_up";
    }
    return "other";
}

}  // namespace

struct MonitorMetrics::Parts {
    explicit Parts(prometheus::Registry& registry)
        : scheduled(prometheus::BuildGauge()
                        .Name("fairlead_monitors")
                        .Help("Monitors that this daemon looks for by itself")
                        .Register(registry)
                        .Add({})),
          looks(counter(registry, "fairlead_monitor_looks_total", "Looks, counted for each monitor")),
          listings(prometheus::BuildCounter()
                       .Name("fairlead_monitor_listings_total")
                       .Help("Looks, counted once for all monitors that one listing served; incomplete: not everything was seen")
                       .Register(registry)),
          late(prometheus::BuildHistogram()
                   .Name("fairlead_monitor_look_late_seconds")
                   .Help("From when a look was due to when there was a session to look with")
                   .Register(registry)
                   .Add({}, Buckets{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60})),
          took(prometheus::BuildHistogram()
                   .Name("fairlead_monitor_look_seconds")
                   .Help("How long a look took, with its waiting for the store and for a session")
                   .Register(registry)
                   .Add({}, Buckets{0.01, 0.05, 0.2, 1, 5, 20, 60, 300, 1200})),
          events(prometheus::BuildCounter()
                     .Name("fairlead_monitor_events_total")
                     .Help("Events that monitors made, by what happened to the file")
                     .Register(registry)),
          deliveries(prometheus::BuildCounter()
                         .Name("fairlead_event_deliveries_total")
                         .Help("Attempts to send an event to its receiver; given_up: it is a dead letter now")
                         .Register(registry)) {}

    prometheus::Gauge& scheduled;
    prometheus::Counter& looks;
    prometheus::Family<prometheus::Counter>& listings;
    prometheus::Histogram& late;
    prometheus::Histogram& took;
    prometheus::Family<prometheus::Counter>& events;
    prometheus::Family<prometheus::Counter>& deliveries;
};

MonitorMetrics::MonitorMetrics(prometheus::Registry& registry) : parts_(std::make_unique<Parts>(registry)) {}

MonitorMetrics::~MonitorMetrics() = default;

void MonitorMetrics::looked(const Looked& look) {
    parts_->scheduled.Set(static_cast<double>(look.scheduled));
    parts_->looks.Increment(static_cast<double>(look.monitors));
    parts_->listings.Add({{"outcome", look.complete ? "complete" : "incomplete"}}).Increment();
    parts_->late.Observe(seconds(look.late));
    parts_->took.Observe(seconds(look.took));
    for (std::size_t change = 0; change < look.events.size(); ++change)
        if (look.events[change] > 0)
            parts_->events.Add({{"event", std::string(to_string(static_cast<catalog::FileChange>(change)))}})
                .Increment(static_cast<double>(look.events[change]));
}

void MonitorMetrics::attempted(Attempt attempt) {
    parts_->deliveries.Add({{"outcome", outcome_of(attempt)}}).Increment();
}

}  // namespace fairlead::monitor
