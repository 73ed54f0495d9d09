#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sftp/session.hpp"

/// Single requests that several parts need.
namespace fairlead::sftp {

/// LSTAT, or STAT with `follow`; nullopt when there is nothing. Throws when the server does not say.
awaitable<std::optional<Attributes>> look(Session& session, std::string path, bool follow = false);

/// Sends a request whose reply is a status, and returns it. Throws protocol_error for another reply.
awaitable<Status> status_of(Session& session, PacketType type, std::string traced, Session::Fill fill);

/// Whether the file system that a file is on has no room left; false where the server cannot tell.
awaitable<bool> is_full(Session& session, std::string path);

bool is_directory(const Attributes& attributes);

}  // namespace fairlead::sftp
