#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/connection.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead::service {

class Workspace;

/// Where files are: `NAME:path` of a saved connection, a URL, a path of this machine, or `-`.
struct Location {
    enum class Kind { connection, url, local, standard_stream };

    Kind kind = Kind::local;
    std::string text;        ///< as it was given
    std::string connection;  ///< the connection's name, of Kind::connection
    std::optional<catalog::Connection>
        definition;    ///< what the URL says, of Kind::url; its working directory is
                       ///< "/" or, where the path begins at the log-in, "."
    std::string path;  ///< below the working directory (connection, url), or the local path as given
    bool ends_in_slash = false;  ///< the target's own name is to be kept

    bool is_remote() const noexcept { return kind == Kind::connection || kind == Kind::url; }
};

/// Reads a location. `NAME:path` where the part before the first colon is a valid connection name without
/// "/"; ftp, ftps (implicit TLS), ftpes (explicit TLS) and sftp URLs, percent-decoded; "-"; everything else
/// is a local path. The path of an ftp URL is below the log-in directory, unless it begins with "%2F"; that
/// of an sftp URL is absolute, unless it begins with "/~/". Throws Error{invalid_argument} for a malformed
/// URL and for one with a password in it.
Location parse_location(std::string_view text);

/// Reads a URL of the four schemes into a connection's fields: protocol, TLS mode, host, port, username.
/// `path` gets the decoded path with its first slash.
catalog::Connection connection_from_url(std::string_view url, std::string& path);

/// An open location.
struct OpenedLocation {
    std::shared_ptr<FileSystem> files;
    std::string path;  ///< inside `files`: absolute
    bool local = false;
    std::string label;  ///< for messages: "partner:/in/a.txt", a URL, or a local path
};

/// Opens the session and gives the file system with the path inside it. `overrides` applies to connections
/// and URLs alike; a stored secret is not sent to a host that an override has changed. Throws not_found with
/// near names for an unknown connection, Error{disabled}, and what opening throws; invalid_argument for `-`,
/// which is for the verb itself to handle.
awaitable<OpenedLocation> open(Workspace& workspace, std::string project, Location location,
                               catalog::ConnectionPatch overrides, Observer* observer);

}  // namespace fairlead::service
