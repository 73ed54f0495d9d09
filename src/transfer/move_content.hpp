#pragma once

#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Moves the bytes of a planned transfer, from opening the source to the target's word that it has them, and
/// proves by the source that it did not change, by the seam that what was gone on with was a part of it,
/// and with Options::checksum the content of both ends. Sets the phase, `start_over` where going on did not
/// work, and in the result bytes and checksum.
awaitable<void> move_content(const Route& route, Staged& staged, const Options& options, bool durable,
                             Progress* progress);

/// A refusal to open the target for writing, which says what is missing where it is the directory.
Error about_opening(Error failure, const TransferPlan& plan);

/// Where the bytes go while they are not proven.
const std::string& written_path(const TransferPlan& plan);

}  // namespace fairlead::transfer
