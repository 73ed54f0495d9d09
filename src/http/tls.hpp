#pragma once

#include <memory>
#include <string>

#include "net/openssl.hpp"

namespace fairlead::http {

/// The server's certificate (with its chain) and private key, read from PEM files, and read again when they
/// change.
class ServerTls {
  public:
    /// Throws Error{invalid_argument} for files that cannot be read, or do not belong together.
    ServerTls(std::string certificate_file, std::string key_file);
    ~ServerTls();

    /// A fresh SSL object that is ready to accept. TLS 1.2 is the lowest.
    net::SslPtr make();

    /// Reads the files again if they look different from what is in use, or if `anyway`. Gives whether it
    /// did. When they cannot be used it throws, and what was in use stays. Connections that are open are not
    /// touched.
    bool reload(bool anyway);

  private:
    struct Loaded;
    std::string certificate_file_;
    std::string key_file_;
    std::unique_ptr<Loaded> loaded_;
};

}  // namespace fairlead::http
