#include "cli/daemon.hpp"

#include <fmt/format.h>

#include <chrono>

#include "api/routes.hpp"
#include "api/token_book.hpp"
#include "api/v1/files.hpp"
#include "cli/first_token.hpp"
#include "cli/json_log.hpp"
#include "service/metrics.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::cli {
namespace {

LogLevel level_of(unsigned status) {
    return status >= 500 ? LogLevel::warning : LogLevel::info;
}

/// Neither query nor headers: they may hold what is nobody's business.
http::Log logging_to(JsonLog& log, service::Metrics& metrics) {
    return [&log, &metrics](const http::Request& request, unsigned status, std::chrono::microseconds time,
                            std::uint64_t sent) {
        metrics.http_answered(request.method, status, time);
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

}  // namespace

struct Daemon::Parts {
    Parts(DaemonOptions options, JsonLog& log)
        : workspaces(options.data, options.store),
          token_file(make_first_token(options.data, options.store)),
          tokens(workspaces),
          files(workspaces) {
        services = std::make_unique<api::Services>(api::Services{workspaces, tokens, metrics});
        http::Router router = api::routes(*services, files.routes());
        const auto authenticate = [this](const http::Request& request) { return tokens.who(request); };
        const auto certificate = [&log](const std::string& message, bool failed) {
            log.write(failed ? LogLevel::error : LogLevel::info, "certificate", {{"message", message}});
        };
        server = std::make_unique<http::Server>(std::move(options.server), std::move(router), authenticate,
                                                logging_to(log, metrics), certificate);
        metrics.watch_connections([this] { return server->connections(); });
    }

    service::Metrics metrics;
    service::WorkspacePool workspaces;
    std::string token_file;
    api::TokenBook tokens;
    api::Files files;
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
