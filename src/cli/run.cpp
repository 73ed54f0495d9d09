// Context::run: the loop that a verb's coroutine lives on, and what Ctrl-C does to it.

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <exception>

#include "base/side_task.hpp"
#include "cli/context.hpp"
#include "fairlead/error.hpp"
#include "net/process_limit.hpp"

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

    void cancel_on_signal(SideTask& task) { task_ = &task; }
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
            task_->cancel();
        });
    }

    Context& context_;
    asio::signal_set signals_;
    SideTask* task_ = nullptr;
    bool seen_ = false;
};

}  // namespace

void Context::run(awaitable<void> work) {
    if (!options.process_bwlimit.empty())
        net::limit_process(RateSchedule::parse(options.process_bwlimit, "process-bwlimit"));
    asio::io_context loop(1);
    Interrupts interrupts(loop, *this);
    std::exception_ptr failure;
    SideTask task(loop.get_executor(), std::move(work), [&](std::exception_ptr thrown) {
        failure = thrown;
        interrupts.stop();
    });
    interrupts.cancel_on_signal(task);
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
