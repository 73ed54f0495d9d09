#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/errand.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::transfer {
class Journal;
}

namespace fairlead::service {

class Pools;
struct PoolUsage;
using PoolUsages = std::map<std::string, PoolUsage>;

struct EngineOptions {
    std::string journal_directory;  ///< of the transfers; empty: what breaks off is not remembered
    unsigned threads = 1;
    std::chrono::seconds idle{60};  ///< sessions that nobody has used for so long are closed
    /// Hears of each session that is opened, or fails to be; see service/pools.hpp. On the engine's threads.
    std::function<std::shared_ptr<void>(Protocol protocol, const Error* failure)> watch = {};
};

/// The threads on which a daemon's sessions live. Each has an event loop of its own, and every session to one
/// server lives on the same one, so its budget is kept without a lock. What is to be done with sessions runs
/// there: `co_await engine.on(server, ...)`, from any other thread's coroutine.
class Engine {
  public:
    /// What belongs to one thread. Only used on it.
    struct Thread {
        boost::asio::any_io_executor executor;
        Pools& pools;
        transfer::Journal& journal;
    };

    explicit Engine(EngineOptions options);
    /// Says good-bye to the servers, within a few seconds, and ends the threads. Nothing may be under way.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Runs `work` on the thread of a server (see server_of) and comes back with its result, or throws what
    /// it threw; cancelling the caller cancels it. The caller waits for its end in any case.
    template <class T>
    awaitable<T> on(std::string server, std::function<awaitable<T>(Thread&)> work) {
        auto& thread = thread_of(server);
        std::function<awaitable<T>()> call = [&] { return work(thread); };
        if constexpr (std::is_void_v<T>)
            co_await run_on(thread.executor, std::move(call));
        else
            co_return co_await run_on<T>(thread.executor, std::move(call));
    }

    Thread& thread_of(std::string_view server);
    /// What of the sessions is in use, on all threads.
    awaitable<PoolUsages> usage();
    unsigned threads() const noexcept;

  private:
    class Loop;
    std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace fairlead::service
