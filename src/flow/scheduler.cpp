#include "flow/scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "fairlead/error.hpp"
#include "flow/ledger.hpp"
#include "flow/run_alerts.hpp"
#include "flow/tick.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::flow {
namespace {

using namespace std::chrono;
constexpr milliseconds kLongestWait{2000};   // what other nodes and the command line do is not told
constexpr milliseconds kShortestWait{20};
constexpr milliseconds kAfterTrouble{5000};
constexpr minutes kForgetting{30};

}  // namespace

struct Scheduler::Parts {
    Parts(std::string directory_, std::string store_, SchedulerOptions options_)
        : directory(std::move(directory_)), store(std::move(store_)), options(std::move(options_)), thread([this] { run(); }) {}
    ~Parts() {
        {
            const std::lock_guard lock(mutex);
            over = true;
        }
        changed.notify_all();
        thread.join();
    }

    void run() {
        for (auto wait = kShortestWait; sleep(wait);)
            wait = look();
        workspace.reset();
    }

    /// Gives how long to wait for the next time.
    milliseconds look() {
        Tick done;
        try {
            if (!workspace) {
                workspace = std::make_unique<service::Workspace>(directory, store);
                workspace->act_as({"scheduler", "daemon"});
            }
            alert_failed_runs(workspace->store());
            done = tick(*workspace, now());
            forget_what_is_old();
        } catch (const Error& error) {
            workspace.reset();
            tell(error.message);
            return kAfterTrouble;
        }
        tell(done.troubles.empty() ? std::string() : done.troubles.front());
        if (!done.queued.empty() && options.queued) options.queued();
        if (!done.next) return kLongestWait;
        return std::clamp(duration_cast<milliseconds>(*done.next - now()), kShortestWait, kLongestWait);
    }

    void forget_what_is_old() {
        if (steady_clock::now() < next_forgetting) return;
        const bool more = forget_some(workspace->store(), options.keep, now());
        next_forgetting = steady_clock::now() + (more ? milliseconds(0) : duration_cast<milliseconds>(kForgetting));
    }

    void tell(const std::string& trouble) {
        if (trouble == told) return;
        told = trouble;
        if (options.report) options.report(trouble);
    }

    /// False when it is over.
    bool sleep(milliseconds wait) {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, wait, [this] { return over || wanted; });
        wanted = false;
        return !over;
    }

    std::string directory, store;
    SchedulerOptions options;
    std::unique_ptr<service::Workspace> workspace;  // of its thread
    std::string told;
    steady_clock::time_point next_forgetting{};
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false, wanted = false;
    std::thread thread;  // the last: it uses the others
};

Scheduler::Scheduler(std::string directory, std::string store, SchedulerOptions options)
    : parts_(std::make_unique<Parts>(std::move(directory), std::move(store), std::move(options))) {}

Scheduler::~Scheduler() = default;

void Scheduler::look() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->wanted = true;
    }
    parts_->changed.notify_all();
}

}  // namespace fairlead::flow
