#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/connection.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead::service {

class Connections;

/// Where files are: `NAME:path` of a saved connection, a URL, a path of this machine, or `-`.
struct Location {
    enum class Kind { connection, url, local, standard_stream };

    Kind kind = Kind::local;
    std::string text;                 ///< as it was given
    std::string connection;           ///< the connection's name, of Kind::connection
    catalog::ConnectionPatch fields;  ///< what the URL says, of Kind::url; its working directory is "/" or,
                                      ///< where the path begins at the log-in directory, "."
    std::string path;            ///< absolute, below the working directory; of Kind::local as it was given
    bool ends_in_slash = false;  ///< a target that wants to keep the source's name; also a remote root

    bool is_remote() const noexcept { return kind == Kind::connection || kind == Kind::url; }
};

/// Reads a location. `NAME:path` when what stands before the first colon is a valid connection name; an ftp,
/// ftps (implicit TLS), ftpes (explicit TLS) or sftp URL, percent-decoded; "-"; everything else is a local
/// path
/// ("./a:b" is a local file with a colon in its name). The path of an ftp URL is below the log-in directory
/// unless it begins with "%2F"; that of an sftp URL is absolute unless it begins with "/~/". Throws
/// Error{invalid_argument} for a malformed URL, one with a password in it, and for line breaks and NUL;
/// Error{outside_working_directory} for a ".." above the working directory.
Location parse_location(std::string_view text);

/// Where a location leads, known before anybody goes there.
struct Destination {
    std::string server;    ///< "sftp://user@host:22"; empty for this machine and standard streams
    std::string identity;  ///< with the working directory: "sftp://user@host:22/in"; "local" for this machine
    std::optional<unsigned> max_sessions;  ///< of the connection; a URL says none
    unsigned retry_count = 0;              ///< of the connection, or what a new one would have
};

/// `connections` and `overrides` as for open; throws what open throws before it goes to the server.
Destination destination_of(Connections* connections, const std::string& project, const Location& location,
                           const catalog::ConnectionPatch& overrides);

/// An open location.
struct OpenedLocation {
    std::shared_ptr<FileSystem> files;
    std::string path;  ///< inside `files`: absolute
    bool local = false;
    std::string label;  ///< for messages: "partner:/in/a.txt", a URL, or a local path
};

/// Opens the session and gives the file system with the path inside it. `overrides` are laid over the URL's
/// or the connection's fields; a password among them is for URLs and for connections that have none of their
/// own. A stored secret is not sent to a host that an override has changed. Throws not_found with a near name
/// for an unknown connection, Error{disabled}, and what opening throws; invalid_argument for `-`, which is
/// for the verb itself to handle.
awaitable<OpenedLocation> open(Connections* connections, std::string project, Location location,
                               catalog::ConnectionPatch overrides, Observer* observer);

}  // namespace fairlead::service
