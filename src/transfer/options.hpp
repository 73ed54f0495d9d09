#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"
#include "net/rate_limit.hpp"
#include "transfer/retry.hpp"

/// The words of a transfer: what is wanted, and what came of it.
namespace fairlead::transfer {

/// What to do when the target is already there.
enum class IfExists {
    overwrite,  ///< replace it, once the new content is complete and verified
    fail,       ///< already_exists; nothing is moved
    skip,       ///< leave it
    append,     ///< add to its end; the one policy that cannot go through a temporary name
    rename,     ///< take the first free numbered name: a.txt, a1.txt, a2.txt
    newer,      ///< replace it only when the source is newer
    different,  ///< replace it only when size or time differ, or with Options::checksum the content
};
std::string_view to_string(IfExists policy) noexcept;
/// Throws Error{invalid_argument} naming the choices.
IfExists parse_if_exists(std::string_view word);

struct Options {
    IfExists if_exists = IfExists::overwrite;
    std::string staging_directory;    ///< on the target, absolute; empty: beside the target
    std::string temporary_extension;  ///< without the dot; empty: a hidden name of our own
    bool checksum = false;  ///< prove the content at both ends, by reading back where there is no other way
    bool preserve = false;  ///< give the target the source's time (a failure is a warning)
    bool text = false;      ///< line ends of the other side (FTP TYPE A); no size can be verified then
    bool in_place = false;  ///< write under the final name where the server cannot rename
    bool drop_box =
        false;  ///< the target hides files, or takes them away, as soon as they are complete: write
                ///< under the final name, and take the server's word for what is not to be seen then
    bool taken_at_once = false;  ///< somebody may move a file away as soon as it has its name: what is to be seen
                                 ///< neither under that nor under its temporary name was delivered
    bool durable = true;  ///< wait for the disk before a file gets its name: of this machine always, of a
                          ///< server in transfer_file, and in a Run when the source is to go
    bool delete_source = false;  ///< once the target is published and verified
    std::string move_source_to;  ///< a directory on the source, absolute; once published and verified

    net::RateLimits
        limits;  ///< of bandwidth, beside those of the places; all that share one keep it together
    std::optional<unsigned> segments;  ///< of a large file, moved at once over as many sessions; absent: more
                                       ///< than one where one is seen to wait for a long way
    bool dry_run = false;             ///< decide and report, touch nothing
    bool resume = true;               ///< go on with what an earlier run of ours left unfinished
    bool take_partial = false;        ///< and with a shorter file under the final name, whoever began it
    std::optional<unsigned> retries;  ///< after the first attempt; absent: as the connections say
    Patience patience;                ///< how long to wait before each; its `retries` is not used
    std::optional<std::chrono::milliseconds> file_timeout;  ///< for each file, all attempts together
    std::optional<std::chrono::milliseconds> run_timeout;   ///< for everything
};

/// How it is known that the target holds what the source held.
enum class Proof {
    none,      ///< nothing was moved, or only the server's word that it ended (text mode, sizes not told)
    size,      ///< the target's size is the number of bytes that were moved
    checksum,  ///< and both ends' checksums agree
};
std::string_view to_string(Proof proof) noexcept;

enum class Outcome {
    transferred,
    appended,
    skipped,
    linked,   ///< a symbolic link was made
    removed,  ///< of a target that has no source any more
    planned,  ///< nothing was done: this is what would be
};
std::string_view to_string(Outcome outcome) noexcept;

struct TransferResult {
    std::string source, target;  ///< paths in their file systems
    Outcome outcome = Outcome::transferred;
    std::string reason;         ///< of a skipped file; of another one, what made it necessary, if told
    std::uint64_t bytes = 0;    ///< moved
    std::uint64_t resumed = 0;  ///< and these before, by an earlier run
    unsigned attempts = 1;
    std::chrono::duration<double> seconds{0};
    Proof proof = Proof::none;
    std::string checksum;  ///< "sha256:..." where one was computed
    std::vector<std::string> warnings;
};

/// Hears how a transfer goes. Called on the transfer's thread; must not block or throw.
class Progress {
  public:
    virtual ~Progress() = default;
    /// A file begins; absent size: not known.
    virtual void began(std::string_view /*source*/, std::optional<std::uint64_t> /*size*/) {}
    virtual void moved(std::uint64_t /*bytes*/) {}
    /// So many bytes of the file that began need not be moved.
    virtual void already_there(std::uint64_t /*bytes*/) {}
    /// So many bytes that were moved will be moved again.
    virtual void moved_in_vain(std::uint64_t /*bytes*/) {}
};

}  // namespace fairlead::transfer
