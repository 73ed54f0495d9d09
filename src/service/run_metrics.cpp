#include "service/run_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace fairlead::service {
namespace {

using Labels = prometheus::Labels;

/// A label is one of a few words, whatever is recorded.
template <std::size_t N>
std::string known(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end() ? std::string(word) : std::string("other");
}

std::string kind_of(const catalog::Run& run) {
    constexpr std::array<std::string_view, 3> kKinds{"operation", "flow", "transfer"};
    return known(run.kind, kKinds);
}

std::string outcome_of(const catalog::RunFile& file) {
    constexpr std::array<std::string_view, 9> kOutcomes{"transferred", "appended", "skipped", "removed", "moved",
                                                        "listed",      "absent",   "failed",  "linked"};
    return file.ok() ? known(file.outcome, kOutcomes) : std::string("failed");
}

std::string protocol_of(std::string_view word) {
    constexpr std::array<std::string_view, 4> kProtocols{"ftp", "ftps", "sftp", "local"};
    return known(word, kProtocols);
}

template <class Duration>
double seconds(Duration duration) {
    return std::max(0.0, std::chrono::duration<double>(duration).count());
}

const prometheus::Histogram::BucketBoundaries kSeconds{0.05, 0.2, 1, 5, 20, 60, 300, 1200, 3600, 14400};

}  // namespace

struct RunMetrics::Parts {
    explicit Parts(prometheus::Registry& registry)
        : runs(prometheus::BuildCounter()
                   .Name("fairlead_runs_total")
                   .Help("Runs that ended, by kind and state")
                   .Register(registry)),
          run_seconds(prometheus::BuildHistogram()
                          .Name("fairlead_run_seconds")
                          .Help("From a run's beginning to its end")
                          .Register(registry)),
          transfers(prometheus::BuildCounter()
                        .Name("fairlead_transfers_total")
                        .Help("Files of runs, by protocol and outcome")
                        .Register(registry)),
          bytes(prometheus::BuildCounter()
                    .Name("fairlead_transfer_bytes_total")
                    .Help("Bytes of files that runs moved, by protocol")
                    .Register(registry)),
          transfer_seconds(prometheus::BuildHistogram()
                               .Name("fairlead_transfer_seconds")
                               .Help("From a file's beginning to its end, all attempts together")
                               .Register(registry)),
          retries(prometheus::BuildCounter()
                      .Name("fairlead_transfer_retries_total")
                      .Help("Failures that may pass, after which was tried again")
                      .Register(registry)),
          queued(prometheus::BuildGauge()
                     .Name("fairlead_runs_queued")
                     .Help("Runs that wait, of all nodes")
                     .Register(registry)
                     .Add({})),
          running(prometheus::BuildGauge()
                      .Name("fairlead_runs_running")
                      .Help("Runs that are under way, of all nodes")
                      .Register(registry)
                      .Add({})) {}

    prometheus::Family<prometheus::Counter>& runs;
    prometheus::Family<prometheus::Histogram>& run_seconds;
    prometheus::Family<prometheus::Counter>& transfers;
    prometheus::Family<prometheus::Counter>& bytes;
    prometheus::Family<prometheus::Histogram>& transfer_seconds;
    prometheus::Family<prometheus::Counter>& retries;
    prometheus::Gauge& queued;
    prometheus::Gauge& running;
};

RunMetrics::RunMetrics(prometheus::Registry& registry) : parts_(std::make_unique<Parts>(registry)) {}

RunMetrics::~RunMetrics() = default;

void RunMetrics::file_done(const catalog::Run&, std::string_view protocol, const catalog::RunFile& file) {
    if (protocol.empty()) return;  // recorded on its way; it comes again
    const auto word = protocol_of(protocol);
    parts_->transfers.Add({{"protocol", word}, {"outcome", outcome_of(file)}}).Increment();
    if (file.bytes > 0)
        parts_->bytes.Add({{"protocol", word}}).Increment(static_cast<double>(file.bytes));
    if (file.started_at && file.finished_at)
        parts_->transfer_seconds.Add({{"protocol", word}}, kSeconds).Observe(seconds(*file.finished_at - *file.started_at));
}

void RunMetrics::retried(const catalog::Run& run) {
    parts_->retries.Add({{"kind", kind_of(run)}}).Increment();
}

void RunMetrics::run_ended(const catalog::Run& run) {
    const Labels kind{{"kind", kind_of(run)}};
    parts_->runs.Add({{"kind", kind_of(run)}, {"state", std::string(catalog::to_string(run.state))}}).Increment();
    if (run.started_at && run.finished_at)
        parts_->run_seconds.Add(kind, kSeconds).Observe(seconds(*run.finished_at - *run.started_at));
}

void RunMetrics::queue(std::uint64_t waiting, std::uint64_t running) {
    parts_->queued.Set(static_cast<double>(waiting));
    parts_->running.Set(static_cast<double>(running));
}

}  // namespace fairlead::service
