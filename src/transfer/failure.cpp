#include "transfer/failure.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace fairlead::transfer {
namespace asio = boost::asio;

awaitable<std::optional<Error>> caught(awaitable<void> operation) {
    std::optional<Error> failure;
    try {
        co_await std::move(operation);
    } catch (const Error& error) {
        failure = error;
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
        failure = Error(ErrorCode::cancelled, "Stopped before the end.");
    }
    if (failure && failure->code == ErrorCode::cancelled)
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_return failure;
}

bool loses_session(const Error& failure) noexcept {
    return !failure.session_usable || failure.code == ErrorCode::cancelled;
}

}  // namespace fairlead::transfer
