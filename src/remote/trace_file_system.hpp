#pragma once

#include <memory>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// Tells `observer` about each operation on `inner`: what was asked, how it ended and how long it took. The
/// observer is not owned and must outlive the result.
std::unique_ptr<FileSystem> trace_operations(std::unique_ptr<FileSystem> inner, Observer& observer);

}  // namespace fairlead
