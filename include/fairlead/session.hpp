#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/copy.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/open.hpp"

namespace fairlead {

class Client;

/// Client::copy for programs without coroutines: blocks until it is done, or CopyOptions::deadline is over. Throws as it.
CopyResult copy(Client& client, std::string from, std::string to, CopyOptions options = {});

/// A file system for programs without coroutines: every call blocks until it is done. Owns its event loop.
///
///     fairlead::Client client;
///     fairlead::Session partner(client, "partner");
///     for (const auto& entry : partner.list("/in")) std::puts(entry.name.c_str());
///
/// Threads: one at a time; a session may move from one thread to another between calls. Not for use inside an
/// event loop's handlers: there, FileSystem is the right form. Cancellation: there is none from outside, but every
/// wait obeys the endpoint's time-outs. Paths and errors: those of the call of the same name of FileSystem. After
/// an Error with `session_usable` false only destruction is left.
class Session {
  public:
    /// Opens and logs in; throws as fairlead::open. `options.observer` must outlive the session.
    explicit Session(const Endpoint& endpoint, OpenOptions options = {});
    /// Opens a saved connection; throws as Client::open. The session may outlive the client.
    Session(Client& client, std::string_view name, Observer* observer = nullptr);
    /// The files of this machine, below `root`; see fairlead::open_local.
    static Session open_local(std::string_view root);
    /// Says good-bye where the other side still listens.
    ~Session();
    Session(Session&& other) noexcept;
    Session& operator=(Session&& other) noexcept;

    const Abilities& abilities() const;
    const PeerInfo& peer() const;

    /// A whole directory at once, in the server's order. Throws not_found, and invalid_argument for a file.
    std::vector<Entry> list(std::string_view path);
    /// Entry by entry, whatever the directory's size. What `each` throws ends the listing and is thrown.
    void list(std::string_view path, const std::function<void(const Entry&)>& each);
    /// Throws not_found.
    Entry stat(std::string_view path);
    /// Nothing for what is not there.
    std::optional<Entry> try_stat(std::string_view path);

    /// Gives the file's bytes to `sink`, piece by piece, and returns how many there were. The end is proven.
    std::uint64_t read(std::string_view path, const std::function<void(std::span<const std::byte>)>& sink,
                       ReadOptions options = {});
    /// The whole file. Throws no_space when it is larger than `most` bytes.
    std::string read(std::string_view path, std::size_t most = 64 * 1024 * 1024);
    /// Writes what `source` gives, piece by piece, until it gives nothing; returns how many bytes were
    /// written, all of them acknowledged. The file is seen under its name while it is written, and what was
    /// written stays when it throws: fairlead::copy is the way to publish a whole file.
    std::uint64_t write(std::string_view path, const std::function<std::span<const std::byte>()>& source,
                        WriteOptions options = {});
    void write(std::string_view path, std::string_view content, WriteOptions options = {});

    /// Each as FileSystem says: errors, ranges, and what needs which of `abilities`.
    void rename(std::string_view from, std::string_view to, bool replace = false);
    void remove(std::string_view path);
    void make_directory(std::string_view path);
    void remove_directory(std::string_view path);
    void set_modified(std::string_view path, Time time);
    void set_mode(std::string_view path, std::uint32_t mode);
    std::string checksum(std::string_view path, ChecksumAlgorithm algorithm);
    RawReply raw_command(std::string_view command);
    void ping();

  private:
    struct Parts;
    explicit Session(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead
