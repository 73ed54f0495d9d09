#pragma once

#include <memory>

#include "fairlead/open.hpp"

namespace fairlead {

namespace sftp {
class Conversations;
}

/// The files behind conversations that have begun. `peer` is what is known of the other side.
std::unique_ptr<FileSystem> sftp_file_system(std::shared_ptr<sftp::Conversations> conversations,
                                             PeerInfo peer);

/// Opens an SFTP session (version 3 over SSH) and logs in. Steps of the observer: resolve, connect, secure,
/// identity, login, directory. The host key is checked before any credential is sent.
///
/// Paths are the server's: absolute with a leading "/", else below the log-in directory; nothing is confined
/// here. Several streams, listings and requests may be under way at once (Abilities::concurrent_operations).
///
/// Throws Error with the step that failed: host_key_unknown and host_key_mismatch show the fingerprints,
/// authentication_failed says what was tried and what the server allows, server_busy when the server refuses
/// another session, unsupported when it has no SFTP or no algorithm in common with us.
awaitable<std::unique_ptr<FileSystem>> open_sftp(const Endpoint& endpoint, OpenOptions options = {});

}  // namespace fairlead
