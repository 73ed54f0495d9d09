#pragma once

#include <memory>

#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead {

struct OpenOptions {
    Observer* observer = nullptr;  ///< not owned; must outlive the session
};

/// Opens a session and logs in: resolve, connect, secure, identity, login, directory. The result is confined to
/// the endpoint's working directory: its root "/" is that directory, and no path can leave it.
///
/// Runs on, and binds the session to, the executor of the calling coroutine. Every wait obeys
/// `endpoint.timeouts`. Throws Error with the step that failed (docs/errors.md). One attempt: whoever wants more,
/// retries. Cancellation (terminal) ends it with Error{cancelled}; when it throws, no connection is left.
awaitable<std::unique_ptr<FileSystem>> open(const Endpoint& endpoint, OpenOptions options = {});

/// The files of this machine, below `root`, which need not be there yet. Opens nothing, and does not throw.
std::unique_ptr<FileSystem> open_local(std::string_view root);

}  // namespace fairlead
