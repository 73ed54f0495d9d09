#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/event.hpp"
#include "fairlead/handle.hpp"
#include "net/rate_limit.hpp"
#include "service/pools.hpp"
#include "transfer/journal.hpp"
#include "transfer/sessions.hpp"

namespace fairlead {

/// What a handle is made of. Its calls stand in a line, and the first of them works.
struct Handle::Impl {
    /// `journal` null: what breaks off is not remembered. It must outlive the handle.
    Impl(boost::asio::any_io_executor executor_, std::shared_ptr<transfer::Sessions> sessions_,
         transfer::Journal* journal_, HandleOptions options_);

    /// Waits for its turn and works; keeps what was thrown as the last error. Throws conflict when closed.
    awaitable<void> in_turn(std::function<awaitable<void>()> work);
    /// An operation that may safely be repeated.
    awaitable<void> repeatably(std::function<awaitable<void>(FileSystem&)> work);
    transfer::Patience patience() const;
    std::string absolute(std::string_view path) const;
    /// Throws not_found, and invalid_argument for a file. Within its turn.
    awaitable<void> require_directory(const std::string& path);

    boost::asio::any_io_executor executor;
    std::unique_ptr<service::Pools> pools;  // of a handle that stands alone
    std::shared_ptr<transfer::Sessions> sessions;
    transfer::Journal* journal;
    HandleOptions options;
    std::shared_ptr<net::RateLimit> limit;
    std::string directory;
    bool closed = false;
    std::optional<Error> last_error;
    HandleResult result;

  private:
    std::deque<const void*> line_;
    Event changed_;
};

namespace service {

/// A handle to a target with a session of its own. Opens the session, so that a log-in that fails fails here.
awaitable<std::unique_ptr<Handle::Impl>> open_handle(Pools& pools, transfer::Journal* journal, Target target,
                                                     HandleOptions options);

}  // namespace service
}  // namespace fairlead
