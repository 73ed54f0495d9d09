#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "http/router.hpp"
#include "service/handles.hpp"

namespace fairlead::service {
class Metrics;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::api {

struct FilesOptions {
    service::Metrics* metrics = nullptr;  ///< counts sessions and content; outlives Files
    unsigned threads = 2;           ///< on which sessions to servers live
    std::chrono::seconds idle{60};  ///< sessions that nobody has used for so long are closed
    service::HandleLimits handles;
};

/// Files of connections and of sessions over HTTP, with the engine on which they are served. Destroyed after
/// the HTTP server, whose requests use it; it says good-bye to all servers then.
class Files {
  public:
    /// `workspaces` must outlive it.
    explicit Files(service::WorkspacePool& workspaces, FilesOptions options = {});
    ~Files();
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    /// .../connections/{name}/entries, entry, directory, content, preview; /v1/sessions and the same below a
    /// session.
    std::vector<http::Route> routes();

    service::Engine& engine() noexcept;
    service::Handles& handles() noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::api
