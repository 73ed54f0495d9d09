#pragma once

#include <memory>

#include "fairlead/endpoint.hpp"
#include "fairlead/observer.hpp"
#include "sftp/transport.hpp"

namespace fairlead::sftp {

/// An SSH connection that has logged in, with its first stream.
struct SshConnection {
    std::unique_ptr<Carrier> carrier;
    std::unique_ptr<Transport> first;
};

/// Connects, exchanges keys, checks the host key, logs in and opens the "sftp" subsystem: the steps resolve,
/// connect, secure, identity and login. Fills `peer`. Every step has `timeouts.connect`.
awaitable<SshConnection> open_ssh_connection(const Endpoint& endpoint, Observer* observer, PeerInfo& peer);

}  // namespace fairlead::sftp
