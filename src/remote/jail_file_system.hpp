#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"

namespace fairlead {

class Mask;

/// Confines `inner` to the directory `root` of it: "/x" of the result is "<root>/x" of `inner`, ".." never
/// climbs above it (Error{outside_working_directory}), and control bytes in a path are refused before
/// anything is sent. Purely lexical: a symbolic link that the server itself follows is the server's business.
/// `mask`, if any, is laid over all that the result says beside its data: errors, `peer`, and replies to raw commands.
///
/// A root that does not start with "/" is below the log-in directory: "in/x", "~/in/x", and "" or "~" for the
/// log-in directory itself. Then `inner` is given relative paths ("in/x/a.txt", "." for the log-in
/// directory), which both FTP and SFTP take below it, so no question about its name is needed.
std::unique_ptr<FileSystem> confine_to(std::unique_ptr<FileSystem> inner, std::string_view root,
                                       std::shared_ptr<const Mask> mask = nullptr);

/// The path that `inner` is given for `path`, as confine_to does it.
std::string jailed_path(std::string_view root, std::string_view path);

}  // namespace fairlead
