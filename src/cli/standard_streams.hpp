#pragma once

#include <memory>

#include "cli/places.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::cli {

/// Standard output as a stream. Waits for a slow reader on another thread, so that Ctrl-C still works.
/// Throws Error{cancelled} when nobody reads it any more.
std::unique_ptr<WriteStream> standard_output();

/// Standard input as a file system with one file, whose name does not matter.
std::shared_ptr<FileSystem> standard_input();

/// Writes a file to standard output, as it is.
awaitable<void> print_file(Context& context, const Place& place, const std::string& bwlimit);

}  // namespace fairlead::cli
