#pragma once

#include <vector>

#include "cli/places.hpp"
#include "cli/transfer_flags.hpp"

namespace fairlead::cli {

/// What get, put and cp have in common: files and directories from any places to one target.
///
///   SOURCE FILE         writes that file
///   SOURCE... FOLDER    keeps the names; so does a target that ends in "/" (it is made) or that is a
///   directory -r DIRECTORY FOLDER makes FOLDER/directory/... (the contents only, where DIRECTORY is the root
///   of its place)
///   - as source or target is standard input or output
struct CopyRequest {
    std::vector<Location> sources;
    Location target;
    TransferFlags flags;
};

/// Copies, reports, and sets the exit status: 10 when some failed and others not. The failure of a single
/// item is thrown.
void copy_files(Context& context, const CopyRequest& request, const ConnectionFlags& connection);

}  // namespace fairlead::cli
