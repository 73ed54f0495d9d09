#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "fairlead/file_system.hpp"

namespace fairlead::transfer {

class Sessions;

/// Some Sessions of one thread, as all threads of the process see them. Filled in before the first place is taken.
struct QuotaUser {
    boost::asio::any_io_executor executor;
    std::weak_ptr<Sessions> sessions{};
    // Of the quota, under its lock.
    unsigned open = 0;   ///< places that it has
    bool asked = false;  ///< to give one of them back
};

/// A place among the `most` sessions that this process may have to a server, whichever of its threads they live on: each
/// thread has a Server with a line and a budget of its own, and before a session is opened there must be room for it here too.
/// The place is given back when the last copy goes. The smallest of the limits that are given holds, as long as there are sessions.
///
/// Who has to wait is served in turn, those first whose thread has the fewest. Threads that have more than their share give a session
/// back once it is not in use, and after a while so do the others. Throws Error{cancelled}; server_busy when it takes long
/// and the thread has another session, which others may be waiting for.
awaitable<std::shared_ptr<void>> take_place(std::string server, unsigned most, std::shared_ptr<QuotaUser> user);

}  // namespace fairlead::transfer
