#pragma once

#include <string>

#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Makes the symbolic link `staged.job.target`, which says `says`, under a temporary name and publishes it,
/// as the options want existing targets treated (with dry_run, only decides). Throws unsupported where links
/// cannot be made, and what publishing throws.
awaitable<void> place_link(const Route& route, Staged& staged, const std::string& says,
                           const Options& options);

}  // namespace fairlead::transfer
