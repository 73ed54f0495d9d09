#pragma once

#include "fairlead/file_system.hpp"
#include "monitor/cloud_event.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::monitor {

/// Reads the file of an event, as far as its monitor wants its content: up to its limit, and only if it still is the
/// one that the event is about. Whatever prevents it is the reason why it is left out; only a cancellation is thrown.
awaitable<EventContent> content_of(service::WorkspacePool& workspaces, service::Engine& engine,
                                   const catalog::FileEvent& event, const catalog::Monitor& monitor);

}  // namespace fairlead::monitor
