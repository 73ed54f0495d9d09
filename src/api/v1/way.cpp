#include "api/v1/way.hpp"

#include "service/content.hpp"

namespace fairlead::api {

Way::Way(const http::Request& request_, boost::asio::any_io_executor executor_)
    : request(request_), executor(executor_), channel(service::kContentHeld), news(executor_) {
    request.body = nullptr;
}

void Way::begin(AtPlace at, std::function<awaitable<void>(Place&)> work) {
    const auto self = shared_from_this();
    // The coroutine keeps what it works with.
    const auto run = [](std::shared_ptr<Way> way, AtPlace place,
                        std::function<awaitable<void>(Place&)> job) -> awaitable<void> {
        co_await place(way->request, std::move(job));
    };
    task.emplace(executor, run(self, std::move(at), std::move(work)),
                 [self](std::exception_ptr thrown) { self->ended(thrown); });
}

void Way::ended(const std::exception_ptr& thrown) {
    failure = thrown;
    done = true;
    if (!thrown) {
        channel.finish();
    } else {
        try {
            std::rethrow_exception(thrown);
        } catch (const Error& error) {
            channel.fail(error);
        } catch (...) {
            channel.fail(Error(ErrorCode::internal, "Something unexpected went wrong here."));
        }
    }
    if (uploads) channel.leave();
    news.notify_all();
}

void Way::abandon() {
    channel.leave();
    if (task && !done) task->cancel();
}

}  // namespace fairlead::api
