#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead {

class Client;

struct HandleOptions {
    std::string directory;    ///< where it begins; empty: the root of the place
    unsigned reconnects = 1;  ///< how often a call that may safely be repeated is, over a new session
};

/// The entries of a directory, as automation tools want them: absolute paths by kind, and all that is known.
struct DirectoryContent {
    std::vector<std::string> directories, files;
    std::vector<Entry> entries;
};

/// How the files of one call are moved.
struct HandleTransferOptions {
    std::string if_exists = "overwrite";  ///< overwrite, skip, rename ("a_1.csv", then "a_2.csv") or fail
    bool text = false;                    ///< FTP's text mode: line ends become those of the other side
    bool checksum = false;                ///< prove the content at both ends
    bool preserve = false;                ///< give each target its source's time
    bool allow_empty = false;             ///< a pattern without a match is no error
    bool make_parents = false;            ///< of an upload: make the remote folder where it is missing
};

/// What became of one file.
struct HandleTransfer {
    std::string source, target;
    std::uint64_t bytes = 0;
    std::string action;  ///< "transferred", "renamed", "skipped"
};

/// What one call did; after a failure too, as far as it came.
struct HandleResult {
    std::vector<HandleTransfer> files;
    std::vector<std::string> directories;  ///< made, or removed
    std::vector<std::string> added, modified,
        removed;  ///< of synchronize, relative paths' names on the target
};

struct SynchronizeOptions {
    bool upload = false;  ///< from here to there; else from there to here
    enum class Which { all, matching, not_matching } which = Which::all;
    std::string filter = "*";  ///< patterns, separated by commas
    std::string local;         ///< a folder of this machine, which must exist
    std::string remote;        ///< empty: the handle's directory
    bool remove = false;       ///< what the source does not have; only what the filter covers
    bool recursive = true;
    bool checksum = false;  ///< compare content, not size and time
};

/// An open session that is kept for many calls: it has a directory of its own, to which relative paths
/// belong, and its calls are performed one after the other, in the order in which they were made, whoever
/// makes them. When the server ended the session meanwhile, the next call opens another one; a call that was
/// under way is repeated where that is safe. A failure leaves the handle usable, and is kept as its last
/// error.
///
///     auto handle = co_await fairlead::Handle::open(client, "partner");
///     co_await handle.change_directory("in");
///     co_await handle.download_files({"*.csv"}, "/var/tmp/in");
///
/// Threads: those of FileSystem; for the executor it was opened on. Cancellation (terminal) ends the call with
/// Error{cancelled}, also while it waits for its turn, and leaves the handle usable. Closing ends it: then every
/// call throws Error{conflict}. Errors: Error, of the code that the call's comment names or of the table in
/// docs/errors.md.
class Handle {
  public:
    /// Opens a session and logs in; throws as Client::open, and not_found for a directory to begin in that is not
    /// there. The client must outlive the handle.
    static awaitable<Handle> open(Client& client, std::string_view name, HandleOptions options = {});
    static awaitable<Handle> open(Endpoint endpoint, HandleOptions options = {});
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&& other) noexcept;
    /// Without `close`, the connection is just dropped.
    ~Handle();

    /// Where relative paths begin.
    const std::string& directory() const noexcept;
    /// A path as absolute one. Throws outside_working_directory.
    std::string absolute(std::string_view path) const;
    const std::optional<Error>& last_error() const noexcept;
    /// What the last of the calls that move, make or remove several things did.
    const HandleResult& last_result() const noexcept;

    /// Throws not_found, and invalid_argument for what is no directory; then the directory stays as it was.
    awaitable<void> change_directory(std::string path);
    /// All of it at once; empty: the handle's directory. Throws not_found, and invalid_argument for a file.
    awaitable<DirectoryContent> list(std::string path = {});
    /// Throws not_found.
    awaitable<Entry> stat(std::string path);
    /// False also for what is there as something else. Throws what makes it unknown, such as permission_denied.
    awaitable<bool> file_exists(std::string path);
    awaitable<bool> directory_exists(std::string path);

    /// Files into a folder of this machine, which must exist. Each of `files` is a path or a pattern
    /// ("*.csv",
    /// "/in/2026_*_sales.xlsx"; "*" does not cross "/"). Throws not_found for a name or pattern without a
    /// file, after the others were moved.
    awaitable<HandleResult> download_files(std::vector<std::string> files, std::string into,
                                           HandleTransferOptions options = {});
    /// Folders with all that is in them, empty folders too: `into`/NAME.
    awaitable<HandleResult> download_folders(std::vector<std::string> folders, std::string into,
                                             HandleTransferOptions options = {});
    /// Files of this machine, paths or patterns, into a remote folder; empty: the handle's directory.
    awaitable<HandleResult> upload_files(std::vector<std::string> files, std::string remote = {},
                                         HandleTransferOptions options = {});
    /// Folders of this machine: with `contents` what is in them, else they themselves.
    awaitable<HandleResult> upload_folders(std::vector<std::string> folders, std::string remote = {},
                                           bool contents = true, HandleTransferOptions options = {});
    /// One way, directory by directory. Removes nothing when a listing failed or the source is empty. Throws
    /// not_found for a local folder that is not there.
    awaitable<HandleResult> synchronize(SynchronizeOptions options);

    /// Files, not directories. Throws not_found for the first that is missing, after the others went.
    awaitable<HandleResult> remove_files(std::vector<std::string> files);
    /// A new name without "/" keeps the folder; with one it moves. An existing target is already_exists,
    /// unless `replace`. Gives the path it has now.
    awaitable<std::string> rename(std::string path, std::string new_name, bool replace = false);
    /// With all missing levels above; gives those that were made. Throws already_exists.
    awaitable<std::vector<std::string>> make_directory(std::string path);
    /// With all that is in it; links in it are removed, not followed. Throws not_found.
    awaitable<HandleResult> remove_directory(std::string path);

    /// A raw FTP command (RFC 959, 5.3), without its line end. `valid_codes` such as "200;250": another answer is an
    /// error; empty: none is. Throws unsupported over SFTP, and invalid_argument for CR, LF and NUL.
    awaitable<RawReply> command(std::string command, std::string valid_codes = {});

    /// Says good-bye. Closing twice is Error{conflict}.
    awaitable<void> close();

    /// For those who keep many handles on threads of their own (the daemon).
    struct Impl;
    explicit Handle(std::unique_ptr<Impl> impl);
    Impl& impl() noexcept { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// A handle for programs without coroutines: every call blocks until it is done, and throws as that of Handle. Owns
/// its event loop; one thread at a time, not inside an event loop's handlers. Cancellation: there is none from outside;
/// every wait obeys the endpoint's time-outs.
class BlockingHandle {
  public:
    BlockingHandle(Client& client, std::string_view name, HandleOptions options = {});
    explicit BlockingHandle(Endpoint endpoint, HandleOptions options = {});
    ~BlockingHandle();
    BlockingHandle(BlockingHandle&& other) noexcept;
    BlockingHandle& operator=(BlockingHandle&& other) noexcept;

    const std::string& directory() const noexcept;
    const std::optional<Error>& last_error() const noexcept;
    const HandleResult& last_result() const noexcept;
    void change_directory(std::string path);
    DirectoryContent list(std::string path = {});
    Entry stat(std::string path);
    bool file_exists(std::string path);
    bool directory_exists(std::string path);
    HandleResult download_files(std::vector<std::string> files, std::string into,
                                HandleTransferOptions options = {});
    HandleResult download_folders(std::vector<std::string> folders, std::string into,
                                  HandleTransferOptions options = {});
    HandleResult upload_files(std::vector<std::string> files, std::string remote = {},
                              HandleTransferOptions options = {});
    HandleResult upload_folders(std::vector<std::string> folders, std::string remote = {},
                                bool contents = true, HandleTransferOptions options = {});
    HandleResult synchronize(SynchronizeOptions options);
    HandleResult remove_files(std::vector<std::string> files);
    std::string rename(std::string path, std::string new_name, bool replace = false);
    std::vector<std::string> make_directory(std::string path);
    HandleResult remove_directory(std::string path);
    RawReply command(std::string command, std::string valid_codes = {});
    void close();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead
