#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "service/target.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::service {

/// Hears how each attempt to open a session ended, by its failure or null, and gives what is kept as long as the
/// session is.
using SessionWatch = std::function<std::shared_ptr<void>(Protocol protocol, const Error* failure)>;

/// What of the sessions of one protocol is in use.
struct PoolUsage {
    std::size_t in_use = 0, idle = 0, opening = 0, waiting = 0;
};
/// By "ftp", "ftps", "sftp".
using PoolUsages = std::map<std::string, PoolUsage>;

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

    /// Adds what is in use here.
    void add_usage(PoolUsages& usages);

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
    std::list<std::pair<Protocol, std::weak_ptr<transfer::Sessions>>> made_;  // whoever holds them
};

}  // namespace fairlead::service
