#pragma once

#include <functional>

#include "fairlead/deadline.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::sftp {

/// Runs work that blocks (deriving a key from a passphrase, asking the agent) on another thread while the
/// event loop goes on. `give_up` is called once, on the caller's executor, if the work lasts until
/// `deadline`: it must make the work return. Always waits for the work's end, even when cancelled, so that
/// the work may use what the caller owns.
awaitable<int> on_helper_thread(std::function<int()> work, Deadline deadline = Deadline::max(),
                                std::function<void()> give_up = {});

}  // namespace fairlead::sftp
