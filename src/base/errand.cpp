#include "base/errand.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/event.hpp"
#include "base/side_task.hpp"

namespace fairlead {
namespace asio = boost::asio;
namespace {

/// What both threads know of it. `task` and `work` belong to the thread that works, the rest to the one that
/// waits. The thread that works may be the last to let go of it, when the other one's loop is gone already:
/// so nothing in here belongs to that loop.
struct Errand {
    Errand(asio::any_io_executor here_, Event& news_) : here(std::move(here_)), news(news_) {}

    asio::any_io_executor here;
    Event& news;  // of who waits until `ended`
    bool ended = false;
    std::exception_ptr failure;

    std::optional<SideTask> task;
    std::function<awaitable<void>()> work;
};

void start(const std::shared_ptr<Errand>& errand, const asio::any_io_executor& there) {
    SideTask::Ended ended = [errand](std::exception_ptr failure) {
        errand->work = nullptr;  // what it holds goes where it was used
        asio::post(errand->here, [errand, failure] {
            errand->failure = failure;
            errand->ended = true;
            errand->news.notify_all();
        });
    };
    errand->task.emplace(there, errand->work(), std::move(ended));
}

}  // namespace

awaitable<void> run_on(asio::any_io_executor there, std::function<awaitable<void>()> work) {
    const auto here = co_await asio::this_coro::executor;
    Event news(here);
    const auto errand = std::make_shared<Errand>(here, news);
    errand->work = std::move(work);
    asio::post(there, [errand, there] { start(errand, there); });
    bool stopped = false;
    while (!errand->ended) {
        try {
            co_await news.wait();
            continue;
        } catch (const Error&) {
            stopped = true;
        }
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        asio::post(there, [errand] { errand->task->cancel(); });
    }
    if (errand->failure) std::rethrow_exception(errand->failure);
    if (stopped) throw Error(ErrorCode::cancelled, "Stopped before the end.");
}

}  // namespace fairlead
