#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace fairlead::cli {

/// Tells the service manager, if there is one that wants to know ($NOTIFY_SOCKET, see sd_notify(3)):
/// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". What cannot be told is dropped.
void notify_manager(std::string_view state) noexcept;

/// How often the service manager wants a "WATCHDOG=1" at least; nothing: not at all.
std::optional<std::chrono::microseconds> manager_watchdog() noexcept;

/// The socket that the service manager listens on for this process (socket activation, sd_listen_fds(3)), or
/// -1. Throws Error{invalid_argument} when it handed over several.
int activated_socket();

}  // namespace fairlead::cli
