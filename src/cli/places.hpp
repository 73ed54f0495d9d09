#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "cli/location.hpp"
#include "net/rate_limit.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::cli {

/// A location with the sessions to where it is.
struct Place {
    std::shared_ptr<transfer::Sessions> sessions;
    std::string path;  ///< inside the file system of the sessions, absolute
    bool local = false;
    bool ends_in_slash = false;
    std::string label;  ///< as it was given
    /// How a path of the same file system is written as a location, such as "partner:/in/a.txt".
    std::string located(std::string_view inside) const;
    std::shared_ptr<net::RateLimit> limit;  ///< of the connection; null: none
    std::string prefix;  ///< what stands before a path in a location: "partner:", "sftp://host", or nothing
};

/// The places of one call of a verb. Two locations of the same connection share its sessions, which are
/// opened when they are first needed; all places on one server share its budget.
class Places {
  public:
    /// At most `sessions` to each place, and never more than its connection allows. The references must
    /// outlive this object.
    Places(Context& context, const ConnectionFlags& flags, boost::asio::any_io_executor executor,
           unsigned sessions = 1);

    /// Throws invalid_argument for `-`. Each `role` that a place plays (reading, writing) gives it as many
    /// sessions more, as far as its connection allows.
    Place at(const Location& location, const std::string& role = {});
    Place at(const std::string& location) { return at(parse_location(location)); }
    /// A folder of this machine that nothing below it may lead out of; it must exist.
    Place confined_folder(const std::string& folder);
    /// Says good-bye everywhere.
    awaitable<void> close();

  private:
    std::shared_ptr<transfer::Sessions> make_sessions(const Location& location);
    std::shared_ptr<net::RateLimit> limit_of(const Location& location);

    Context& context_;
    const ConnectionFlags& flags_;
    boost::asio::any_io_executor executor_;
    unsigned sessions_;
    transfer::Servers servers_;
    std::map<std::string, std::shared_ptr<transfer::Sessions>> opened_;
    std::set<std::string> roles_;
};

/// The bandwidth limit of a verb (--bwlimit; empty: none), beside the process's. Throws invalid_argument.
net::RateLimits limits_of(const std::string& own);

/// Runs the body of a verb with its places, and closes them after it.
void with_places(Context& context, const ConnectionFlags& flags, unsigned sessions,
                 std::function<awaitable<void>(Places&)> body);

}  // namespace fairlead::cli
