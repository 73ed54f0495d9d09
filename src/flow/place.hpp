#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/rate_limit.hpp"
#include "transfer/attempts.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {
class Journal;
}
namespace fairlead::catalog {
struct Flow;
}

namespace fairlead::flow {

/// Where a flow takes files from, or delivers them to.
struct Place {
    std::shared_ptr<transfer::Sessions> sessions;
    std::string label;       ///< "partner:" before a path; empty: this machine
    std::shared_ptr<net::RateLimit> limit;  ///< of the connection's bandwidth; null: none
    std::set<std::string> made;             ///< directories that are there, as far as this run knows
    std::optional<Error> lost;              ///< why it cannot be used any more in this run
};

/// All of one run, on one executor. The sessions are the caller's to close.
struct Places {
    Place source;
    std::vector<Place> targets;  ///< as the flow's
    transfer::Journal* journal = nullptr;
    std::string spool;       ///< the folder for what a step has to read in any order
    std::string gnupg_home;  ///< the folder with OpenPGP keys
};

/// How many sessions a run of a flow can use at once.
unsigned sessions_at_once(const catalog::Flow& flow) noexcept;

/// Does something on a session to the place, and again while what fails may pass.
awaitable<void> ask(Place& place, transfer::Patience patience, std::string what, transfer::Retrying retrying,
                    std::function<awaitable<void>(FileSystem&)> use);
awaitable<std::optional<Entry>> look(Place& place, transfer::Patience patience, std::string path);
/// Makes a directory with its parents, unless this run knows that it is there.
awaitable<void> make_directory(Place& place, transfer::Patience patience, std::string path);

}  // namespace fairlead::flow
