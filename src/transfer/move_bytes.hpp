#pragma once

#include <cstdint>
#include <limits>

#include "base/digest.hpp"
#include "fairlead/file_system.hpp"
#include "transfer/options.hpp"

namespace fairlead::transfer {

/// Moves everything from one stream to the other, piece by piece, as fast as the slower one takes it; never
/// more than one piece is held. From a local file the transport's shortest way is taken (sendfile), unless a
/// digest wants to see the bytes. Keeps to the limits. Finishes neither stream. `offset` is where in the
/// source the stream began that is to be moved. `moved` counts the bytes that were read and taken, also when
/// it fails. Stops at `until` in the source, or up to a pipe's content after it; whoever wants that closes
/// `from`. Not `exactly`: up to a piece after it, so that nothing is lost for whoever goes on from where it
/// stopped.
awaitable<void> move_bytes(ReadStream& from, WriteStream& to, Digest* digest, Progress* progress,
                           const net::RateLimits& limits, std::uint64_t offset, std::uint64_t& moved,
                           std::uint64_t until = std::numeric_limits<std::uint64_t>::max(),
                           bool exactly = true);

}  // namespace fairlead::transfer
