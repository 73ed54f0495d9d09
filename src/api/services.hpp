#pragma once

namespace fairlead::service {
class Engine;
class Metrics;
class Runner;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::api {

class EventHub;
class TokenBook;

/// What the routes work with. It outlives them.
struct Services {
    service::WorkspacePool& workspaces;
    TokenBook& tokens;
    service::Metrics& metrics;
    service::Engine& engine;  ///< on whose threads sessions to servers live
    service::Runner& runner;
    EventHub& events;
};

}  // namespace fairlead::api
