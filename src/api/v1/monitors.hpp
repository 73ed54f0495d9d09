#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/router.hpp"
#include "net/mail.hpp"

namespace fairlead::monitor {
enum class Attempt;
struct Looked;
}  // namespace fairlead::monitor
namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::api {

struct MonitorsOptions {
    /// Told of each look, and of each attempt to deliver an event. On threads of their own.
    std::function<void(const monitor::Looked&)> looked;
    std::function<void(monitor::Attempt)> attempted;
    net::MailServer mail;  ///< by which events are mailed
    std::uint64_t alert_attempts = 50;  ///< before what a flow or operation tells becomes a dead letter
    std::chrono::milliseconds keep_events{std::chrono::days(7)};
    /// Told when the store cannot be asked, and with an empty text once it can again.
    std::function<void(const std::string& trouble)> report;
};

/// Monitors over HTTP, with the scheduler that looks for them and the deliverer of their events. Destroyed after the
/// HTTP server, whose requests use it, and before the engine.
class Monitors {
  public:
    /// Both must outlive it.
    Monitors(service::WorkspacePool& workspaces, service::Engine& engine, MonitorsOptions options = {});
    ~Monitors();
    Monitors(const Monitors&) = delete;
    Monitors& operator=(const Monitors&) = delete;

    /// /v1/projects/{project}/monitors, /{name}, and what can be done with one.
    std::vector<http::Route> routes();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::api
