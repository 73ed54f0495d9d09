#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <stdexcept>

namespace fairlead::test {
namespace asio = boost::asio;

struct Loop::State {
    asio::io_context context{1};
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::run_void(awaitable<void> task, std::function<bool()> cancel_when,
                    std::chrono::milliseconds limit) {
    auto& context = state_->context;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool done = false;
    std::exception_ptr failure;
    asio::cancellation_signal signal;
    asio::co_spawn(context, std::move(task),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error) {
                       done = true;
                       failure = error;
                   }));
    context.restart();
    while (!done && std::chrono::steady_clock::now() < deadline) {
        if (cancel_when && cancel_when()) {
            cancel_when = nullptr;
            signal.emit(asio::cancellation_type::terminal);
        }
        const auto next =
            cancel_when ? std::chrono::steady_clock::now() + std::chrono::milliseconds(1) : deadline;
        context.run_one_until(std::min(next, deadline));
        if (context.stopped() && !done) {
            if (!cancel_when)
                throw std::logic_error("the task waits for something that nothing will ever bring");
            context.restart();
        }
    }
    if (!done) throw std::runtime_error("the task did not end within the test's own limit");
    if (failure) std::rethrow_exception(failure);
}

}  // namespace fairlead::test
