#include "base/run_together.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/side_task.hpp"

namespace fairlead {
namespace asio = boost::asio;
namespace {

struct Tasks {
    std::vector<SideTask> started;
    std::size_t running = 0;
    std::exception_ptr failure;

    void cancel_all() {
        for (auto& task : started)
            task.cancel();
    }
};

}  // namespace

awaitable<void> run_together(std::vector<awaitable<void>> tasks) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer all_ended(executor, asio::steady_timer::time_point::max());
    Tasks state;
    state.running = tasks.size();
    for (auto& task : tasks) {
        auto ended = [&](std::exception_ptr thrown) {
            --state.running;
            if (thrown && !state.failure) {
                state.failure = thrown;
                state.cancel_all();
            }
            if (state.running == 0) all_ended.cancel();
        };
        state.started.emplace_back(executor, std::move(task), std::move(ended));
    }
    bool cancelled = false;
    while (state.running != 0) {
        boost::system::error_code woken;
        co_await all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto asked = co_await asio::this_coro::cancellation_state;
        if (state.running == 0 || asked.cancelled() == asio::cancellation_type::none) continue;
        cancelled = true;
        state.cancel_all();
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    }
    if (cancelled) throw Error(ErrorCode::cancelled, "Stopped before the end.");
    if (state.failure) std::rethrow_exception(state.failure);
}

}  // namespace fairlead
