#pragma once

#include <memory>

#include "fairlead/open.hpp"

namespace fairlead {

/// Opens an FTP or FTPS session and logs in. Steps of the observer: resolve, connect, secure and identity
/// (FTPS), login, directory. AUTH TLS that is refused ends it: nothing ever falls back to clear text.
///
/// Paths are the server's: absolute with a leading "/", else below the log-in directory; nothing is confined
/// here. One operation at a time.
///
/// Throws Error with the step that failed: tls_failed, certificate_untrusted (with the pin to accept),
/// authentication_failed, server_busy, timeout and what net::connect throws.
awaitable<std::unique_ptr<FileSystem>> open_ftp(const Endpoint& endpoint, OpenOptions options = {});

}  // namespace fairlead
