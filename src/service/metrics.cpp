#include "service/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <mutex>
#include <tuple>

#include "service/pools.hpp"
#include "service/version.hpp"

namespace fairlead::service {
namespace {

/// A client may invent methods; a label may not be invented.
/// A word that lives as long as the program: it is kept as a key, and the request's own ends with it.
std::string_view known_method(std::string_view method) {
    static constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                              "PATCH", "DELETE", "OPTIONS"};
    const auto found = std::ranges::find(kMethods, method);
    return found != kMethods.end() ? *found : std::string_view("other");
}

constexpr std::array<std::string_view, 3> kProtocols{"ftp", "ftps", "sftp"};

std::string known_protocol(std::string_view word) {
    return std::string(std::ranges::find(kProtocols, word) != kProtocols.end() ? word : std::string_view("unknown"));
}

double resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) return 0;
    long total = 0, resident = 0;
    const int read = std::fscanf(file, "%ld %ld", &total, &resident);
    std::fclose(file);
    return read == 2 ? static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

struct Metrics::Parts {
    using Key = std::tuple<std::string_view, std::string_view, unsigned>;  // method, route, status

    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                            .Name("fairlead_http_requests_total")
                                                            .Help("HTTP requests answered")
                                                            .Register(registry);
    prometheus::Family<prometheus::Histogram>& seconds =
        prometheus::BuildHistogram()
            .Name("fairlead_http_request_seconds")
            .Help("From a request's header to the end of its answer")
            .Register(registry);
    prometheus::Gauge& connections = prometheus::BuildGauge()
                                         .Name("fairlead_http_connections")
                                         .Help("HTTP connections that are open")
                                         .Register(registry)
                                         .Add({});
    prometheus::Gauge& memory = prometheus::BuildGauge()
                                    .Name("process_resident_memory_bytes")
                                    .Help("Resident memory of this process")
                                    .Register(registry)
                                    .Add({});
    prometheus::Family<prometheus::Gauge>& sessions =
        prometheus::BuildGauge()
            .Name("fairlead_server_sessions")
            .Help("Sessions to servers that are open, at work or kept for the next who needs them")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& opened =
        prometheus::BuildCounter()
            .Name("fairlead_server_sessions_total")
            .Help("Attempts to open a session to a server; outcome: opened, or the code of the failure")
            .Register(registry);
    prometheus::Gauge& handles = prometheus::BuildGauge()
                                     .Name("fairlead_handles")
                                     .Help("Sessions that clients hold by a handle (/v1/sessions)")
                                     .Register(registry)
                                     .Add({});
    prometheus::Family<prometheus::Counter>& content_bytes =
        prometheus::BuildCounter()
            .Name("fairlead_content_bytes_total")
            .Help("Bytes of files that went through the content routes")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& content_seconds =
        prometheus::BuildHistogram()
            .Name("fairlead_content_seconds")
            .Help("How long files took through the content routes")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& retries =
        prometheus::BuildCounter()
            .Name("fairlead_content_retries_total")
            .Help("Failures on the routes of files that may pass, after which was tried again")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& pool =
        prometheus::BuildGauge()
            .Name("fairlead_pool_sessions")
            .Help("Sessions to servers: in_use, idle (kept for the next who needs one) or opening")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& waiting =
        prometheus::BuildGauge()
            .Name("fairlead_pool_waiting")
            .Help("Who waits for a session to a server, because it has as many as it may")
            .Register(registry);
    std::function<std::size_t()> count_connections;
    std::function<std::size_t()> count_handles;
    std::mutex mutex;  // of the two below: looking a metric up by its labels costs more than finding it here
    std::map<Key, prometheus::Counter*> counters;
    std::map<std::pair<std::string_view, std::string_view>, prometheus::Histogram*> histograms;
};

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {
    prometheus::BuildGauge()
        .Name("fairlead_build_info")
        .Help("1, with the version as a label")
        .Register(parts_->registry)
        .Add({{"version", std::string(version())}})
        .Set(1);
    prometheus::BuildGauge()
        .Name("process_start_time_seconds")
        .Help("When this process began, in seconds since 1970")
        .Register(parts_->registry)
        .Add({})
        .SetToCurrentTime();
}

Metrics::~Metrics() = default;

prometheus::Registry& Metrics::registry() noexcept {
    return parts_->registry;
}

void Metrics::http_answered(std::string_view method, std::string_view route, unsigned status,
                            std::chrono::microseconds time) {
    const auto word = known_method(method);
    const std::scoped_lock lock(parts_->mutex);
    auto& counter = parts_->counters[{word, route, status}];
    if (counter == nullptr)
        counter = &parts_->requests.Add({{"method", std::string(word)},
                                         {"route", std::string(route)},
                                         {"status", std::to_string(status)}});
    counter->Increment();
    auto& histogram = parts_->histograms[{word, route}];
    if (histogram == nullptr)
        histogram = &parts_->seconds.Add(
            {{"method", std::string(word)}, {"route", std::string(route)}},
            prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60});
    histogram->Observe(static_cast<double>(time.count()) / 1e6);
}

std::shared_ptr<void> Metrics::session_opened(std::string_view protocol) {
    parts_->opened.Add({{"protocol", std::string(protocol)}, {"outcome", "opened"}}).Increment();
    auto& open = parts_->sessions.Add({{"protocol", std::string(protocol)}});
    open.Increment();
    return {&open, [](void* gauge) { static_cast<prometheus::Gauge*>(gauge)->Decrement(); }};
}

void Metrics::session_failed(std::string_view protocol, std::string_view code) {
    parts_->opened.Add({{"protocol", std::string(protocol)}, {"outcome", std::string(code)}}).Increment();
}

void Metrics::content_moved(std::string_view direction, std::string_view protocol, std::string_view outcome,
                            std::uint64_t bytes, std::chrono::microseconds time) {
    const prometheus::Labels labels{{"direction", std::string(direction)}, {"protocol", known_protocol(protocol)}};
    parts_->content_bytes.Add(labels).Increment(static_cast<double>(bytes));
    auto with_outcome = labels;
    with_outcome.emplace("outcome", outcome);
    parts_->content_seconds
        .Add(with_outcome,
             prometheus::Histogram::BucketBoundaries{0.02, 0.1, 0.5, 2, 10, 60, 300, 1800})
        .Observe(static_cast<double>(time.count()) / 1e6);
}

void Metrics::retried(std::string_view protocol) {
    parts_->retries.Add({{"protocol", known_protocol(protocol)}}).Increment();
}

void Metrics::pools(const std::map<std::string, PoolUsage>& usages) {
    for (const auto protocol : kProtocols) {
        const auto found = usages.find(std::string(protocol));
        const auto usage = found == usages.end() ? PoolUsage{} : found->second;
        const auto set = [&](const char* state, std::size_t count) {
            parts_->pool.Add({{"protocol", std::string(protocol)}, {"state", state}}).Set(static_cast<double>(count));
        };
        set("in_use", usage.in_use);
        set("idle", usage.idle);
        set("opening", usage.opening);
        parts_->waiting.Add({{"protocol", std::string(protocol)}}).Set(static_cast<double>(usage.waiting));
    }
}

void Metrics::watch_handles(std::function<std::size_t()> count) {
    parts_->count_handles = std::move(count);
}

void Metrics::watch_connections(std::function<std::size_t()> count) {
    parts_->count_connections = std::move(count);
}

std::string Metrics::text() {
    if (parts_->count_connections) parts_->connections.Set(static_cast<double>(parts_->count_connections()));
    if (parts_->count_handles) parts_->handles.Set(static_cast<double>(parts_->count_handles()));
    parts_->memory.Set(resident_bytes());
    return prometheus::TextSerializer().Serialize(parts_->registry.Collect());
}

}  // namespace fairlead::service
