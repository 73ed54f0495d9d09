#pragma once

#include <string>

#include "fairlead/endpoint.hpp"
#include "fairlead/observer.hpp"
#include "sftp/ssh_session.hpp"

namespace fairlead::sftp {

/// Logs in on a session whose host key was checked. Returns the methods that did it, such as "public key".
/// Throws authentication_failed, invalid_argument (a private key that cannot be read), timeout,
/// connection_lost.
awaitable<std::string> log_in(SshSession& session, const Endpoint& endpoint, Observer* observer);

}  // namespace fairlead::sftp
