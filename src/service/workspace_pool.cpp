#include "service/workspace_pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <vector>

#include "base/blocking.hpp"
#include "service/workspace.hpp"

namespace fairlead::service {

struct WorkspacePool::Parts {
    Parts(std::string directory_, std::string store_, unsigned most)
        : directory(std::move(directory_)), store(std::move(store_)), threads(most) {}

    /// There are never more callers than threads, so never more workspaces either.
    std::unique_ptr<Workspace> take() {
        {
            const std::lock_guard lock(mutex);
            if (!free.empty()) {
                auto workspace = std::move(free.back());
                free.pop_back();
                return workspace;
            }
        }
        return std::make_unique<Workspace>(directory, store);
    }

    void give_back(std::unique_ptr<Workspace> workspace) {
        const std::lock_guard lock(mutex);
        free.push_back(std::move(workspace));
    }

    std::string directory, store;
    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace>> free;
    boost::asio::thread_pool threads;
};

WorkspacePool::WorkspacePool(std::string directory, std::string store, unsigned most)
    : parts_(std::make_unique<Parts>(Workspace::choose_directory(directory), std::move(store), most)) {
    parts_->give_back(parts_->take());
}

WorkspacePool::~WorkspacePool() {
    parts_->threads.join();
}

const std::string& WorkspacePool::directory() const noexcept {
    return parts_->directory;
}

const std::string& WorkspacePool::store() const noexcept {
    return parts_->store;
}

awaitable<void> WorkspacePool::run(Actor actor, std::function<void(Workspace&)> work) {
    std::function<void(std::function<void()>)> hand_over = [this](std::function<void()> call) {
        boost::asio::post(parts_->threads, std::move(call));
    };
    co_await run_elsewhere(hand_over, [&] {
        auto workspace = parts_->take();
        workspace->act_as(actor);
        workspace->use_environment({});
        try {
            work(*workspace);
        } catch (...) {
            parts_->give_back(std::move(workspace));
            throw;
        }
        parts_->give_back(std::move(workspace));
    });
}

}  // namespace fairlead::service
