#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_channel.hpp"
#include "service/file_ops.hpp"
#include "transfer/attempts.hpp"
#include "transfer/options.hpp"

namespace fairlead::transfer {
class Journal;
}

/// The content of one file on its way to or from somebody who is no file system, such as an HTTP client.
/// Memory is what the channel holds, whatever the file's size.
namespace fairlead::service {

/// How much a channel of content should hold.
constexpr std::size_t kContentHeld = 512 * 1024;

struct DownloadRequest {
    std::string path;
    /// Decides, once the file's facts are known and before it is opened, which bytes of it are wanted (offset
    /// and length); nothing: none at all.
    std::function<std::optional<std::pair<std::uint64_t, std::uint64_t>>(const Entry&)> choose;
    bool text = false;  ///< line ends as on this machine; then all of it is read
    std::shared_ptr<net::RateLimit> limit;
    transfer::Retrying retrying;
};

/// Reads a file into a channel. Where the source breaks off it is opened again and gone on with, as often as
/// patience says, unless it has changed meanwhile. A file of which nobody knows the size goes with length
/// "as much as there is". Throws source_changed, size_mismatch and what reading throws; returns when all was
/// written to the channel, or the channel's reader has left. Does not finish the channel.
awaitable<void> download(Sessions& sessions, const Patience& patience, DownloadRequest request,
                         ByteChannel& into);

struct UploadRequest {
    std::string path;
    std::optional<std::uint64_t> size;  ///< as announced
    std::optional<std::string>
        sha256;  ///< that the content must have, hexadecimal; checked before it is published
    std::optional<std::string> sha512;  ///< likewise
    bool make_parents = false;
    transfer::Retrying retrying;
    transfer::Options options;  ///< staging directory absolute, or beside the target
};

/// Writes what comes through a channel to a file, as every transfer does it: under a temporary name, proven,
/// and then published; the channel's end is the file's end, its failure leaves nothing behind. Nothing is
/// read from the channel before it is decided that the file is wanted.
awaitable<transfer::TransferResult> upload(Sessions& sessions, transfer::Journal* journal,
                                           UploadRequest request, ByteChannel& from);

}  // namespace fairlead::service
