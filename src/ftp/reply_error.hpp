#pragma once

#include <string_view>

#include "fairlead/error.hpp"
#include "ftp/reply.hpp"

namespace fairlead::ftp {

/// The error that a refusing reply (4xx, 5xx) stands for, from its code and the texts that servers are known
/// to send; with the server's words in server_reply. `step` says what was tried ("read", "write", "remove",
/// "rename", "make directory", "list", ...), `path` what it was tried on.
Error error_for(const Reply& reply, std::string_view step, std::string_view path = {});

/// Whether the reply says "no" without saying why: a 550 (or 450, 451, 553, ...) whose words do not tell a
/// missing file from a missing right. The caller should then look at the path, and the parent, before it
/// reports.
bool is_ambiguous(const Reply& reply);

/// Whether the server does not know (500, 502), or does not know with these parameters (501, 504), the
/// command, or wants it only in another state that we do not use.
bool is_unknown_command(const Reply& reply);

/// Whether the words tell that no more users or connections are admitted now.
bool says_too_many(const Reply& reply);

/// Whether the words tell that the data connection must resume the control connection's TLS session.
bool says_session_reuse_required(const Reply& reply);

}  // namespace fairlead::ftp
