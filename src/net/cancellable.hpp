#pragma once

#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

/// Awaits `operation` and turns Asio's "operation aborted", which any co_await may throw once its coroutine
/// was cancelled, into Error{cancelled}. `step` must be a literal.
template <class T>
awaitable<T> cancellable(awaitable<T> operation, std::string_view step) {
    try {
        co_return co_await std::move(operation);
    } catch (const boost::system::system_error& error) {
        throw Error(ErrorCode::cancelled, "The operation was cancelled.")
            .at(std::string(step))
            .ends_session();
    }
}

}  // namespace fairlead::net
