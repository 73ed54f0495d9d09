#include "cli/daemon.hpp"

#include <fmt/format.h>

#include <chrono>

#include "api/event_hub.hpp"
#include "api/routes.hpp"
#include "api/token_book.hpp"
#include "api/v1/files.hpp"
#include "api/v1/monitors.hpp"
#include "cli/first_token.hpp"
#include "cli/json_log.hpp"
#include "flow/executor.hpp"
#include "flow/scheduler.hpp"
#include "monitor/monitor_metrics.hpp"
#include "operation/executor.hpp"
#include "service/metrics.hpp"
#include "service/run_metrics.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::cli {
namespace {

/// What was dealt with is known for longer than the runs that it was about.
constexpr std::chrono::days kLongerThanRuns{7};

LogLevel level_of(unsigned status) {
    return status >= 500 ? LogLevel::warning : LogLevel::info;
}

/// Neither query nor headers: they may hold what is nobody's business.
http::Log logging_to(JsonLog& log, service::Metrics& metrics) {
    return [&log, &metrics](const http::Request& request, std::string_view route, unsigned status,
                            std::chrono::microseconds time, std::uint64_t sent) {
        metrics.http_answered(request.method, route, status, time);
        const auto level = level_of(status);
        if (!log.wants(level)) return;
        boost::json::object details{{"requestId", request.id},
                                    {"remote", request.remote},
                                    {"method", request.method},
                                    {"path", request.path},
                                    {"status", status},
                                    {"milliseconds", static_cast<double>(time.count()) / 1000.0},
                                    {"bytes", sent}};
        if (!request.principal.name.empty()) details["token"] = request.principal.name;
        log.write(level, "request", std::move(details));
    };
}

api::MonitorsOptions observed(const DaemonOptions& wanted, JsonLog& log, monitor::MonitorMetrics& metrics) {
    api::MonitorsOptions options;
    options.mail = wanted.mail;
    options.keep_events = wanted.keep_events;
    options.alert_attempts = wanted.alert_attempts;
    options.looked = [&metrics](const monitor::Looked& look) { metrics.looked(look); };
    options.attempted = [&metrics](monitor::Attempt attempt) { metrics.attempted(attempt); };
    options.report = [&log](const std::string& trouble) {
        if (trouble.empty())
            log.write(LogLevel::info, "monitors", {{"message", "The store can be asked again."}});
        else
            log.write(LogLevel::error, "monitors", {{"message", trouble}});
    };
    return options;
}

}  // namespace

namespace {

/// Counts what runs do, and wakes those who follow them.
class Observers final : public service::RunObserver {
  public:
    Observers(service::Metrics& metrics, api::EventHub& events) : counts_(metrics.registry()), events_(events) {}

    void file_done(const catalog::Run& run, std::string_view protocol, const catalog::RunFile& file) override {
        counts_.file_done(run, protocol, file);
        events_.look();
    }
    void retried(const catalog::Run& run) override { counts_.retried(run); }
    void run_ended(const catalog::Run& run) override {
        counts_.run_ended(run);
        events_.look();
    }
    void queue(std::uint64_t waiting, std::uint64_t running) override { counts_.queue(waiting, running); }

  private:
    service::RunMetrics counts_;
    api::EventHub& events_;
};

}  // namespace

struct Daemon::Parts {
    Parts(DaemonOptions options, JsonLog& log)
        : workspaces(options.data, options.store),
          token_file(make_first_token(options.data, options.store)),
          tokens(workspaces),
          files(workspaces, {.metrics = &metrics}),
          events(workspaces),
          observers(metrics, events),
          runner(workspaces, executors(options), runner_options(options, log)),
          scheduler(workspaces.directory(), options.store, scheduler_options(options, log)),
          monitor_metrics(metrics.registry()),
          monitors(workspaces, files.engine(), observed(options, log, monitor_metrics)) {
        services = std::make_unique<api::Services>(
            api::Services{workspaces, tokens, metrics, files.engine(), runner, events});
        auto more = files.routes();
        for (auto& route : monitors.routes())
            more.push_back(std::move(route));
        http::Router router = api::routes(*services, std::move(more));
        const auto authenticate = [this](const http::Request& request) { return tokens.who(request); };
        const auto certificate = [&log](const std::string& message, bool failed) {
            log.write(failed ? LogLevel::error : LogLevel::info, "certificate", {{"message", message}});
        };
        server = std::make_unique<http::Server>(std::move(options.server), std::move(router), authenticate,
                                                logging_to(log, metrics), certificate);
        metrics.watch_connections([this] { return server->connections(); });
    }

    /// Who executes the runs of each kind.
    service::Executors executors(const DaemonOptions& options) {
        return {{"operation", operation::executor(workspaces, files.engine())},
                {"flow", flow::executor(workspaces, files.engine(), options.flow_folders)}};
    }

    flow::SchedulerOptions scheduler_options(const DaemonOptions& options, JsonLog& log) {
        flow::SchedulerOptions wanted;
        wanted.keep.deliveries = options.keep_deliveries;
        wanted.keep.notes = options.runner.retention.keep_runs + kLongerThanRuns;
        wanted.queued = [this] {
            runner.look();
            events.look();
        };
        wanted.report = [&log](const std::string& trouble) {
            if (trouble.empty())
                log.write(LogLevel::info, "flows are scheduled again");
            else
                log.write(LogLevel::error, "flows cannot be scheduled", {{"message", trouble}});
        };
        return wanted;
    }

    service::RunnerOptions runner_options(const DaemonOptions& options, JsonLog& log) {
        auto wanted = options.runner;
        wanted.observer = &observers;
        wanted.changed = [this] { events.look(); };
        wanted.report = [&log](const std::string& trouble) {
            if (trouble.empty())
                log.write(LogLevel::info, "runs are executed again");
            else
                log.write(LogLevel::error, "runs cannot be executed", {{"message", trouble}});
        };
        return wanted;
    }

    service::Metrics metrics;
    service::WorkspacePool workspaces;
    std::string token_file;
    api::TokenBook tokens;
    api::Files files;
    api::EventHub events;
    Observers observers;
    service::Runner runner;
    flow::Scheduler scheduler;
    monitor::MonitorMetrics monitor_metrics;
    api::Monitors monitors;
    std::unique_ptr<api::Services> services;
    std::unique_ptr<http::Server> server;  // the first to go
};

Daemon::Daemon(DaemonOptions options, JsonLog& log)
    : parts_(std::make_unique<Parts>(std::move(options), log)) {}

Daemon::~Daemon() = default;

http::Server& Daemon::server() noexcept {
    return *parts_->server;
}

const std::string& Daemon::new_token_file() const noexcept {
    return parts_->token_file;
}

}  // namespace fairlead::cli
