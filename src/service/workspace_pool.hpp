#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "fairlead/file_system.hpp"
#include "service/actor.hpp"

namespace fairlead::service {

class Workspace;

/// Workspaces for a process that answers many at once: a call takes one that is free, on a thread that may
/// block. May be used from any thread.
class WorkspacePool {
  public:
    /// As many calls at once as `most`; each needs a connection to the store. Opens the first workspace at
    /// once, and throws what that throws. Arguments as Workspace takes them.
    WorkspacePool(std::string directory, std::string store = {}, unsigned most = 4);
    /// Waits for the calls that are under way.
    ~WorkspacePool();
    WorkspacePool(const WorkspacePool&) = delete;
    WorkspacePool& operator=(const WorkspacePool&) = delete;

    const std::string& directory() const noexcept;
    /// As it was given.
    const std::string& store() const noexcept;

    /// Runs `work` over a workspace that acts for `actor`, and comes back to the caller's executor. Throws
    /// what `work` threw. Not cancellable: a cancelled caller still waits for the call to end, so `work` may
    /// refer to the caller's variables. The store's own deadlines end it.
    awaitable<void> run(Actor actor, std::function<void(Workspace&)> work);

    /// The same with a result.
    template <class Work>
        requires(!std::is_void_v<std::invoke_result_t<Work, Workspace&>>)
    awaitable<std::invoke_result_t<Work, Workspace&>> run(Actor actor, Work work) {
        std::optional<std::invoke_result_t<Work, Workspace&>> result;
        std::function<void(Workspace&)> call = [&](Workspace& workspace) { result.emplace(work(workspace)); };
        co_await run(std::move(actor), std::move(call));
        co_return std::move(*result);
    }

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
