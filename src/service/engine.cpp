#include "service/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>

#include "fairlead/deadline.hpp"
#include "service/pools.hpp"
#include "transfer/failure.hpp"
#include "transfer/journal.hpp"

namespace fairlead::service {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kGoodBye(3);

}  // namespace

class Engine::Loop {
  public:
    explicit Loop(const EngineOptions& options)
        : idle_(options.idle),
          guard_(asio::make_work_guard(context_)),
          pools_(context_.get_executor(), options.watch),
          journal_(options.journal_directory),
          sweep_(context_),
          thread_{context_.get_executor(), pools_, journal_},
          runner_([this] { run(); }) {
        asio::co_spawn(context_, sweep(), asio::detached);
    }

    ~Loop() {
        asio::post(context_, [this] { asio::co_spawn(context_, end(), asio::detached); });
        runner_.join();
    }

    Thread& thread() noexcept { return thread_; }

  private:
    void run() {
        sigset_t all;  // signals are for the thread that waits for them
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        context_.run();
    }

    awaitable<void> sweep() {
        for (;;) {
            sweep_.expires_after(std::min<std::chrono::seconds>(idle_, std::chrono::seconds(15)));
            boost::system::error_code stopped;
            co_await sweep_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
            if (stopped) co_return;
            co_await pools_.close_idle(idle_);
        }
    }

    awaitable<void> end() {
        sweep_.cancel();
        (void)co_await transfer::caught(within(Clock::now() + kGoodBye, "close", pools_.close()));
        guard_.reset();
        context_.stop();
    }

    std::chrono::seconds idle_;
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    Pools pools_;
    transfer::Journal journal_;
    asio::steady_timer sweep_;
    Thread thread_;
    std::thread runner_;
};

Engine::Engine(EngineOptions options) {
    for (unsigned i = 0; i < std::max(1u, options.threads); ++i)
        loops_.push_back(std::make_unique<Loop>(options));
}

Engine::~Engine() = default;

Engine::Thread& Engine::thread_of(std::string_view server) {
    return loops_[std::hash<std::string_view>()(server) % loops_.size()]->thread();
}

awaitable<PoolUsages> Engine::usage() {
    PoolUsages usages;
    for (const auto& loop : loops_) {
        auto& thread = loop->thread();
        std::function<awaitable<void>()> look = [&]() -> awaitable<void> {
            thread.pools.add_usage(usages);
            co_return;
        };
        co_await run_on(thread.executor, std::move(look));
    }
    co_return usages;
}

unsigned Engine::threads() const noexcept {
    return static_cast<unsigned>(loops_.size());
}

}  // namespace fairlead::service
