#include "service/news.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "fairlead/error.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

constexpr std::chrono::milliseconds kAtOnce(200);  // so long the end of this thread may take
constexpr std::chrono::milliseconds kRest(50);     // between two tellings
constexpr std::chrono::milliseconds kAway(1'000);  // before a store that is away is asked again

}  // namespace

struct News::Parts {
    Parts(std::string directory_, std::string store_, std::function<void()> changed_)
        : directory(std::move(directory_)), store(std::move(store_)), changed(std::move(changed_)) {
        thread = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            listen();
        });
    }

    void listen() {
        std::optional<Workspace> workspace;
        while (!stops_within(std::chrono::milliseconds(0))) {
            try {
                if (!workspace) workspace.emplace(directory, store);
                if (!workspace->store().await_change(kAtOnce)) continue;
                changed();
                if (stops_within(kRest)) return;
            } catch (const Error&) {  // whoever asks the store for more than news reports it
                workspace.reset();
                if (stops_within(kAway)) return;
                changed();
            }
        }
    }

    bool stops_within(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        return wake.wait_for(lock, time, [this] { return stopping; });
    }

    std::string directory, store;
    std::function<void()> changed;
    std::mutex mutex;
    std::condition_variable wake;
    bool stopping = false;
    std::thread thread;
};

News::News(std::string directory, std::string store, std::function<void()> changed)
    : parts_(std::make_unique<Parts>(std::move(directory), std::move(store), std::move(changed))) {}

News::~News() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->stopping = true;
    }
    parts_->wake.notify_all();
    parts_->thread.join();
}

}  // namespace fairlead::service
