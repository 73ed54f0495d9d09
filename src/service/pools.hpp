#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "service/target.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::service {

/// Hears how each attempt to open a session ended, by its failure or null, and gives what is kept as long as the
/// session is.
using SessionWatch = std::function<std::shared_ptr<void>(Protocol protocol, const Error* failure)>;

/// The sessions of one thread, kept for the next one who needs them: those of a connection together, and
/// never more to a server than its budget, whoever uses them. For one single-threaded executor.
class Pools {
  public:
    explicit Pools(boost::asio::any_io_executor executor, SessionWatch watch = {});

    /// The sessions to a target, shared by all who ask with the same key. Where the connection has changed
    /// since, new ones; the old ones are closed once nobody uses them.
    std::shared_ptr<transfer::Sessions> at(const Target& target);
    /// Sessions for one user alone, at most `most`; they count against the server's budget too.
    std::shared_ptr<transfer::Sessions> own(const Target& target, unsigned most);

    /// Says good-bye to places that nobody has used for so long, and forgets them.
    awaitable<void> close_idle(std::chrono::steady_clock::duration longer_than);
    awaitable<void> close();

  private:
    struct Pool {
        Endpoint endpoint;
        std::shared_ptr<transfer::Sessions> sessions;
        std::chrono::steady_clock::time_point used;  // when somebody was last seen to hold them
    };
    std::shared_ptr<transfer::Sessions> make(const Target& target, unsigned most);

    boost::asio::any_io_executor executor_;
    SessionWatch watch_;
    transfer::Servers servers_;
    std::map<std::string, Pool> pools_;
    std::list<std::shared_ptr<transfer::Sessions>> replaced_;
};

}  // namespace fairlead::service
