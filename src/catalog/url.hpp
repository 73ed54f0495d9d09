#pragma once

#include <string>
#include <string_view>

#include "catalog/connection.hpp"

namespace fairlead::catalog {

/// What a URL of a server says, percent-decoded.
struct ServerUrl {
    /// Where the path begins.
    enum class Base {
        unspecified,  ///< "/a/b": for ftp URLs the log-in directory (RFC 1738, 3.2.2), for sftp the root
        root,         ///< "/%2Fa/b" of an ftp URL: the root
        login,        ///< "/~/a/b", or no path at all: the log-in directory
    };

    Protocol protocol = Protocol::ftp;
    TlsOptions::Mode tls_mode = TlsOptions::Mode::explicit_;
    std::string host;
    std::string port;  ///< empty: the protocol's own
    std::string username;
    std::string path;  ///< with its first slash; "/" when there is none
    Base base = Base::unspecified;
};

/// Whether a text looks like a URL: a scheme and "://".
bool looks_like_url(std::string_view text) noexcept;

/// Reads ftp, ftps (implicit TLS), ftpes (explicit TLS) and sftp URLs.
/// Throws Error{invalid_argument} for what is malformed, another scheme, a password in it (never repeating
/// it), a line break or NUL, and for a query or fragment, whose "?" and "#" must be written %3F and %23 in a
/// file's name.
ServerUrl read_url(std::string_view url);

/// The connection fields that the URL says, for `--url`: its path is the working directory, from the root
/// unless it begins with "/~/".
ConnectionPatch fields_of(const ServerUrl& url);

}  // namespace fairlead::catalog
