#pragma once

#include <memory>

#include "fairlead/endpoint.hpp"
#include "fairlead/observer.hpp"
#include "sftp/transport.hpp"

namespace fairlead::sftp {

/// Connects, exchanges keys, checks the host key, logs in and opens the "sftp" subsystem: the steps resolve,
/// connect, secure, identity and login. Fills `peer`. Every step has `timeouts.connect`.
awaitable<std::unique_ptr<Transport>> open_ssh_transport(const Endpoint& endpoint, Observer* observer,
                                                         PeerInfo& peer);

}  // namespace fairlead::sftp
