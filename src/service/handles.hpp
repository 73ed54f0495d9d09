#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fairlead/handle.hpp"
#include "service/engine.hpp"
#include "service/target.hpp"

namespace fairlead::service {

/// What is known of an open handle, for people and programs. Never holds a secret.
struct HandleInfo {
    std::string id;  ///< unguessable; who knows it and is its owner may use it
    std::string project;
    std::string owner;       ///< the token that opened it
    std::string connection;  ///< empty: opened inline
    std::string protocol, host, username;  ///< what is hidden of the endpoint is masked
    std::uint16_t port = 0;                ///< 0: hidden
    std::string directory;
    Time opened_at, used_at;
    std::chrono::seconds idle{0};  ///< after so long without a call it is closed
    std::optional<Error> last_error;
};

struct HandleLimits {
    std::size_t most = 256;  ///< handles of all owners
    std::size_t most_of_owner = 64;
    std::chrono::seconds idle{300};  ///< unless the caller says less
    std::chrono::seconds longest_idle{3600};
};

/// The handles of a daemon: opened, looked up by their id, used one call after the other, and closed when
/// nobody has used them for long. From any thread; what is done with a session happens on its engine thread.
class Handles {
  public:
    Handles(Engine& engine, HandleLimits limits);
    ~Handles();

    struct Request {
        Target target;
        std::string project, owner, connection;
        HandleOptions options;
        std::optional<std::chrono::seconds> idle;
    };
    /// Logs in. Throws server_busy when there are too many handles, invalid_argument for an idle time out of
    /// range, and what logging in throws: then there is no handle.
    awaitable<HandleInfo> open(Request request);

    /// Those of an owner; empty: of all. The oldest first.
    std::vector<HandleInfo> list(const std::string& owner);
    std::size_t count();
    /// Throws not_found for one that is unknown, closed or somebody else's. `owner` empty: anybody's.
    HandleInfo find(const std::string& id, const std::string& owner);
    awaitable<void> close(std::string id, std::string owner);

    /// Does something with a handle, on its thread. As long as it lasts the handle is not idle. Throws
    /// not_found as above and what the work throws.
    awaitable<void> use(std::string id, std::string owner,
                        std::function<awaitable<void>(Handle&, Engine::Thread&)> work);

    /// Closes those that nobody has used for as long as they may be idle. To be called every few seconds.
    awaitable<void> close_idle();
    awaitable<void> close_all();

  private:
    struct Open;
    std::shared_ptr<Open> get(const std::string& id, const std::string& owner);
    awaitable<void> end(std::shared_ptr<Open> open);

    Engine& engine_;
    HandleLimits limits_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<Open>> open_;
    std::size_t opening_ = 0;
};

}  // namespace fairlead::service
