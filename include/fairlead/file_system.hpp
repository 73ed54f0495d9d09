#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"
#include "fairlead/observer.hpp"

/// The one interface that memory, local disk, FTP, FTPS and SFTP are used through.
///
/// Threads: a FileSystem and everything it gave out belong to the executor it was opened on, which must be
/// single-threaded. One operation at a time per FileSystem, except that an open ReadStream, WriteStream or
/// Listing counts as an operation until it is finished or destroyed (a backend that can do more says so in
/// Abilities::concurrent_operations).
///
/// Cancellation: every awaitable honours Asio's per-operation cancellation (terminal). A cancelled call
/// throws Error{cancelled}; afterwards the session may be unusable (Error::session_usable tells).
///
/// Errors: all failures are fairlead::Error. Paths: absolute, "/"-separated, any bytes but NUL, CR and LF.

namespace fairlead {

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// Checksums a server may be able to compute.
enum class ChecksumAlgorithm { crc32, md5, sha1, sha256, sha512 };
std::string_view to_string(ChecksumAlgorithm algorithm) noexcept;

/// What a file system can do beyond the required interface, as data. Generic code asks this, never the
/// protocol. May change while the session learns (a command the server announced but refuses).
struct Abilities {
    bool resume_read = false;      ///< open_read with an offset
    bool resume_write = false;     ///< open_write with Mode::at
    bool append = false;           ///< open_write with Mode::append
    bool atomic_replace = false;   ///< rename onto an existing file replaces it, in one step
    bool rename = true;            ///< rename at all
    bool machine_listing = false;  ///< exact listings (MLSD, SFTP), not parsed from text for people
    bool utf8 = false;             ///< names are UTF-8
    bool folds_case = false;       ///< "a" and "A" are one name
    bool set_modified = false;
    bool set_mode = false;
    bool symlinks = false;  ///< entries may be links, and stat can tell
    bool make_links = false;  ///< FileSystem::make_link
    bool copy = false;      ///< copy inside the server
    bool raw_command = false;
    bool sync = false;           ///< WriteStream::finish makes the bytes durable
    bool sync_together = false;  ///< FileSystem::sync exists: many files become durable for the price of few
    bool text_mode = false;      ///< ReadOptions::text / WriteOptions::text (FTP TYPE A)
    TimePrecision modified_precision = TimePrecision::second;
    std::vector<ChecksumAlgorithm> checksums;  ///< computed by the server, best first
    /// How far below the end of a file whose writing broke off bytes may be missing, because writes are under
    /// way in any order; 0: what is there is there without holes.
    std::uint64_t unordered_writes = 0;
    unsigned concurrent_operations = 1;  ///< how many streams one session can hold open at once
};

/// A directory being listed, batch by batch, so that its size never matters.
class Listing {
  public:
    virtual ~Listing() = default;
    /// The next entries; empty means the end was reached and proven. "." and ".." are never among them.
    virtual awaitable<std::vector<Entry>> next() = 0;
    /// How many entries were left out so far because they are called what no file can be called, such as
    /// "../x": a server that means harm, or a listing that was not understood.
    virtual std::uint64_t left_out() const { return 0; }
};

/// A file being read.
class ReadStream {
  public:
    virtual ~ReadStream() = default;
    /// The next bytes, in order; empty means the end of the file was reached and proven by the server.
    /// The span stays valid until the next call. A source that breaks off throws, it never looks like an end.
    virtual awaitable<std::span<const std::byte>> read() = 0;
    /// The size the server announced when opening, if it did. Not a promise.
    virtual std::optional<std::uint64_t> announced_size() const { return std::nullopt; }
    /// The open local file that these bytes are, so that WriteStream::write_from can send it the shortest
    /// way; -1 when there is none. Stays open as long as the stream.
    virtual int descriptor() const noexcept { return -1; }
    /// Whether read_into works.
    virtual bool can_read_into() const noexcept { return false; }
    /// Like read, into the caller's memory (WriteStream::room). Gives how many; 0 is the proven end.
    virtual awaitable<std::size_t> read_into(std::span<std::byte> room);
    /// Whether read_to_pipe works: nothing has to look at the bytes or change them on their way.
    virtual bool can_read_to_pipe() const noexcept { return false; }
    /// Like read, but moves the bytes straight into an empty pipe (WriteStream::take_pipe), never through
    /// this program's memory. Gives how many; 0 is the proven end.
    virtual awaitable<std::uint64_t> read_to_pipe(int pipe);
    /// Ends early without an error and leaves the session usable where the protocol can. Not needed after the
    /// end.
    virtual awaitable<void> close() = 0;
};

/// A file being written.
class WriteStream {
  public:
    virtual ~WriteStream() = default;
    /// Takes the bytes; returns when they are sent or safely buffered (bounded). An error may be of earlier
    /// bytes.
    virtual awaitable<void> write(std::span<const std::byte> bytes) = 0;
    /// Where bytes may be put so that `write` need not copy them: fill the front of it, and write that.
    /// Nothing where there is no such room. Ends with the next call.
    virtual awaitable<std::span<std::byte>> room();
    /// Whether write_from is a shorter way than reading the file and writing what was read.
    virtual bool can_send_file() const noexcept { return false; }
    /// Sends `count` bytes of an open local file from `offset`, by the shortest way the transport has.
    /// Returns how many were sent: less than `count` only when the file ended.
    virtual awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count);
    /// An empty pipe (its non-blocking end) that leads into the file, for ReadStream::read_to_pipe; -1 where
    /// there is none. Taking the next one hands the one before to the disk, which works beside. Once one was
    /// taken, nothing else may be written. Throws what failed at the disk.
    virtual awaitable<int> take_pipe();
    /// Ends the file and waits for the server's word that it has all of it. Only after this returned is it
    /// so.
    virtual awaitable<void> finish() = 0;
    /// After `finish`: the file's size there, where the server has told it by the way; spares a stat.
    virtual std::optional<std::uint64_t> confirmed_size() const { return std::nullopt; }
    /// Gives up; what was written so far may stay behind. Leaves the session usable where the protocol can.
    virtual awaitable<void> abort() = 0;
    /// With Abilities::unordered_writes: so many of the bytes, from where this stream began, are there without
    /// holes, also after a failure.
    virtual std::uint64_t settled() const noexcept { return 0; }
};

struct ReadOptions {
    std::uint64_t offset = 0;  ///< needs Abilities::resume_read when not 0
    std::optional<std::uint64_t>
        expected_size;  ///< of the whole file, if known: spares the server a question
    bool text = false;  ///< needs Abilities::text_mode
};

struct WriteOptions {
    enum class Mode {
        create,    ///< fail with already_exists when it is there, where the protocol can tell; else like
                   ///< truncate
        truncate,  ///< new or emptied
        append,    ///< needs Abilities::append
        at,        ///< keep what is there and write from `offset`; needs Abilities::resume_write
    };
    Mode mode = Mode::truncate;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> expected_size;  ///< how many bytes will come, if known
    bool text = false;
    bool durable = true;  ///< false: finish need not wait for the disk (Abilities::sync); FileSystem::sync
                          ///< will be called
};

/// A raw command's answer.
struct RawReply {
    int code = 0;                    ///< FTP reply code
    std::vector<std::string> lines;  ///< as the server sent them
};

class FileSystem {
  public:
    virtual ~FileSystem() = default;

    virtual const Abilities& abilities() const = 0;
    /// What is known about the other side.
    virtual const PeerInfo& peer() const = 0;

    /// Facts about one path, of a link itself. Throws not_found.
    virtual awaitable<Entry> stat(std::string_view path) = 0;
    /// Starts listing a directory. Throws not_found, or invalid_argument when it is a file.
    virtual awaitable<std::unique_ptr<Listing>> list(std::string_view path) = 0;
    virtual awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path,
                                                             ReadOptions options = {}) = 0;
    /// The parent directory must exist. Throws not_found when it does not.
    virtual awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path,
                                                               WriteOptions options = {}) = 0;
    /// Moves a file or directory. With `replace`, an existing target file is replaced in one step where
    /// Abilities::atomic_replace says so; without the ability, or without `replace`, an existing target is
    /// already_exists (some servers replace without asking; see docs/deviations.md).
    virtual awaitable<void> rename(std::string_view from, std::string_view to, bool replace) = 0;
    /// Removes a file or link. Throws not_found; invalid_argument for a directory.
    virtual awaitable<void> remove(std::string_view path) = 0;
    /// Makes one directory. Throws already_exists, or not_found when the parent is missing.
    virtual awaitable<void> make_directory(std::string_view path) = 0;
    /// Removes an empty directory. Throws not_found, not_empty.
    virtual awaitable<void> remove_directory(std::string_view path) = 0;
    /// Makes a symbolic link to `target`, which is kept as it is. With Abilities::make_links; elsewhere throws
    /// unsupported. Throws already_exists.
    virtual awaitable<void> make_link(std::string_view path, std::string_view target);
    virtual awaitable<void> set_modified(std::string_view path, Time time) = 0;
    virtual awaitable<void> set_mode(std::string_view path, std::uint32_t mode) = 0;
    /// Makes what was written to these files, and what was renamed in these directories, durable. With
    /// Abilities::sync_together; elsewhere it does nothing.
    virtual awaitable<void> sync(std::vector<std::string> paths);
    /// The server's own checksum of a file, lower-case hexadecimal. Throws unsupported.
    virtual awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) = 0;
    /// Sends a command as it is. Throws unsupported where there is no such thing, invalid_argument for CR,
    /// LF, NUL.
    virtual awaitable<RawReply> raw_command(std::string_view command) = 0;
    /// Checks that the session still answers (NOOP or its like). Throws connection_lost.
    virtual awaitable<void> ping() = 0;
    /// Says good-bye within a short deadline. Never throws for what the other side does or does not answer.
    virtual awaitable<void> close() = 0;
    /// Whether the session is seen to be over, such as when the server has hung up. Asks and waits for
    /// nothing, so what it does not see yet may have happened all the same.
    virtual bool has_ended() noexcept { return false; }
};

/// Whether a stat finds something; every error but not_found passes through.
awaitable<std::optional<Entry>> try_stat(FileSystem& files, std::string_view path);

}  // namespace fairlead
