#include "fairlead/deadline.hpp"

#include <fmt/format.h>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace fairlead {
namespace asio = boost::asio;

awaitable<void> within(Deadline deadline, std::string_view step, awaitable<void> operation) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    const auto first = co_await (std::move(operation) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 1)
        throw Error(ErrorCode::timeout, fmt::format("'{}' did not finish within its deadline.", step))
            .at(std::string(step))
            .ends_session();
}

}  // namespace fairlead
