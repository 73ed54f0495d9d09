// Context::run: the loop that a verb's coroutine lives on, and what Ctrl-C does to it.

#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <exception>

#include "cli/context.hpp"
#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

namespace asio = boost::asio;
constexpr int kInterrupted = 130;

/// Turns signals into cancellation: the first asks the work to end, the second ends the process.
class Interrupts {
  public:
    Interrupts(asio::io_context& loop, Context& context)
        : context_(context), signals_(loop, SIGINT, SIGTERM) {
        wait();
    }

    asio::cancellation_slot slot() { return cancel_.slot(); }
    bool seen() const noexcept { return seen_; }
    void stop() {
        boost::system::error_code ignored;
        signals_.cancel(ignored);
    }

  private:
    void wait() {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            if (seen_) ::_exit(kInterrupted);
            seen_ = true;
            if (context_.error_is_terminal())
                context_.note("\nStopping cleanly; press Ctrl-C again to abort.");
            wait();
            cancel_.emit(asio::cancellation_type::terminal);
        });
    }

    Context& context_;
    asio::signal_set signals_;
    asio::cancellation_signal cancel_;
    bool seen_ = false;
};

}  // namespace

void Context::run(awaitable<void> work) {
    asio::io_context loop(1);
    Interrupts interrupts(loop, *this);
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(work),
                   asio::bind_cancellation_slot(interrupts.slot(), [&](std::exception_ptr thrown) {
                       failure = thrown;
                       interrupts.stop();
                   }));
    loop.run();
    if (!failure) return;
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
        throw Error(ErrorCode::cancelled, "Stopped before the end.");
    }
}

}  // namespace fairlead::cli
