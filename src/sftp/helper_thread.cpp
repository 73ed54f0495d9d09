#include "sftp/helper_thread.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace fairlead::sftp {

namespace asio = boost::asio;

namespace {

struct Job {
    Job(const asio::any_io_executor& executor, Deadline deadline) : done(executor, deadline) {}
    asio::steady_timer done;
    std::optional<int> result;
};

asio::thread_pool& helpers() {
    static asio::thread_pool pool(2);
    return pool;
}

}  // namespace

awaitable<int> on_helper_thread(std::function<int()> work, Deadline deadline, std::function<void()> give_up) {
    const auto executor = co_await asio::this_coro::executor;
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);

    const auto job = std::make_shared<Job>(executor, deadline);
    auto guard = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    asio::post(helpers(), [job, guard, run = std::move(work)] {
        const int result = run();
        asio::post(guard, [job, result] {
            job->result = result;
            job->done.cancel();
        });
    });
    while (!job->result) {
        boost::system::error_code ended;
        co_await job->done.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        if (job->result || ended) continue;
        if (give_up) std::exchange(give_up, {})();
        job->done.expires_at(Deadline::max());
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return *job->result;
}

}  // namespace fairlead::sftp
