#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/copy.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"

namespace fairlead {

struct ClientOptions {
    std::string data_directory;       ///< empty: $FAIRLEAD_DATA, else $XDG_DATA_HOME/fairlead, else
                                      ///< ~/.local/share/fairlead
    std::string store;                ///< empty: fairlead.db in there; else postgresql://USER@HOST/DATABASE
    std::string project = "default";  ///< whose connections; those of `global` are seen too
};

class Handle;

/// The saved connections of a data directory, to be opened by name: the same that the command line uses.
///
///     fairlead::Client client;
///     auto files = co_await client.open("partner");
///     auto entry = co_await files->stat("/in/a.txt");
///
/// Threads: one at a time. An awaitable that `open` gave must be finished before the client goes; sessions
/// may outlive it. Errors: Error, as everywhere.
class Client {
  public:
    /// Opens the data directory, and makes it if it is not there.
    /// Throws permission_denied when it or its key is open to others, conflict when its schema is newer.
    explicit Client(ClientOptions options = {});
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;

    /// The names of the connections, in order. Blocks for as long as the store takes.
    std::vector<std::string> connections() const;

    /// Opens a session to a connection, on the executor of the calling coroutine (see fairlead::open). A host
    /// key that is accepted on first use is recorded on the connection. `observer` must outlive the session.
    /// The store is asked on the calling thread. Throws not_found, disabled, invalid_argument for what is wrong
    /// once variables are replaced, and what opening throws. Cancelled as fairlead::open.
    awaitable<std::unique_ptr<FileSystem>> open(std::string_view name, Observer* observer = nullptr);

    /// Copies one file between any two places: `NAME:path` of a saved connection, or a path of this machine.
    /// A target that ends in "/" keeps the source's name. The bytes go to a hidden name and get the final one
    /// once they are proven; what may pass is tried again; what broke off, also in another process and on
    /// another day, is gone on with. When it throws, the final name keeps what it had. Throws what the same
    /// `fairlead cp` would report, and invalid_argument for an `if_exists` that is none. Cancellation (terminal)
    /// ends it with Error{cancelled}, and keeps what can be gone on with.
    awaitable<CopyResult> copy(std::string from, std::string to, CopyOptions options = {});

  private:
    friend class Handle;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead
