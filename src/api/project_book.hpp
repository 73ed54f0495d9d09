#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "http/router.hpp"

namespace fairlead::service {
class WorkspacePool;
}

namespace fairlead::api {

/// The projects that there are. Looked up once for a while, so that a request costs nothing for it: what other
/// processes delete is noticed after two seconds, what they make at once. Used from the server's thread.
class ProjectBook {
  public:
    /// The pool must outlive it.
    explicit ProjectBook(service::WorkspacePool& workspaces) : workspaces_(workspaces) {}

    /// The project's name as it is written. Throws not_found, with a near name as a hint.
    awaitable<std::string> require(std::string project);
    /// Something about projects was changed.
    void forget() { known_.clear(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Known {
        std::string name;
        Clock::time_point at;
    };

    service::WorkspacePool& workspaces_;
    std::map<std::string, Known, std::less<>> known_;  // by catalog::name_key
};

/// Lets every row below /v1/projects/{project}/ answer 404 for a project that is not there.
void require_projects(service::WorkspacePool& workspaces, std::vector<http::Route>& rows);

}  // namespace fairlead::api
