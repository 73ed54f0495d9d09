#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "net/mail.hpp"
#include "service/runner.hpp"

namespace fairlead::service {
class WorkspacePool;
}

namespace fairlead::cli {

class JsonLog;

/// What `serve` was asked for.
struct DaemonOptions {
    std::string data;   ///< as Workspace takes it
    std::string store;  ///< likewise
    net::MailServer mail;                   ///< for what flows and operations tell; no url: none
    std::uint64_t alert_attempts = 50;      ///< before one becomes a dead letter
    std::chrono::milliseconds keep_events{std::chrono::days(7)};
    std::optional<std::chrono::milliseconds> keep_deliveries;  ///< absent: for ever
    std::vector<std::string> flow_folders;  ///< of this machine, that flows may read and write
    http::ServerOptions server;
    service::RunnerOptions runner;
};

/// Everything that lives as long as a daemon: the workspaces, the tokens, and the HTTP server over them with
/// all of its routes. Destroyed, it has stopped.
class Daemon {
  public:
    /// Listens from now on. Throws what opening the store and listening throw.
    Daemon(DaemonOptions options, JsonLog& log);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    http::Server& server() noexcept;
    /// The file with the text of the first token, if this start has made it; else empty.
    const std::string& new_token_file() const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::cli
