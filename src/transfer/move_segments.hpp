#pragma once

#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Moves the segments of a plan, each written in place into the temporary file, over the route's sessions and
/// as many further ones as nobody else is waiting for, up to Options::segments. What is done of each is
/// written to the journal now and then. Proves by the source that it did not change, by what stands before
/// each seam that what was gone on with was a part of it, and with Options::checksum the content of both
/// ends. Sets phase, `start_over` where a server turned out not to be able to do it, and in the result bytes
/// and checksum.
awaitable<void> move_segments(const Route& route, Staged& staged, const Options& options, bool durable,
                              Progress* progress);

}  // namespace fairlead::transfer
