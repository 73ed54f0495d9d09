#pragma once

namespace fairlead::service {
class Metrics;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::api {

class TokenBook;

/// What the routes work with. It outlives them.
struct Services {
    service::WorkspacePool& workspaces;
    TokenBook& tokens;
    service::Metrics& metrics;
};

}  // namespace fairlead::api
