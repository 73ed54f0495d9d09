#pragma once

#include <string>
#include <string_view>

#include "transfer/options.hpp"

namespace fairlead::transfer {

/// The name that bytes go to until they are proven: in the staging directory, or beside the target. With a
/// temporary extension "NAME.EXTENSION"; else, or with one that ends in .fairlead, ".NAME.<unguessable>.fairlead", cut to what file systems allow.
std::string temporary_path(std::string_view target, const Options& options, std::string_view unguessable);

/// Whether it is such a name of our own, which no other transfer uses.
bool is_unguessable(std::string_view temporary) noexcept;

/// 80 random bits, in letters and digits.
std::string unguessable();

/// The n-th alternative of a name: ("a.txt", 1) is "a1.txt", ("a", 2) is "a2", (".rc", 1) is ".rc1". 0:
/// itself.
std::string numbered(std::string_view path, unsigned n);

/// Whether check_name would accept it.
bool is_safe_name(std::string_view name);

/// Whether a path in a tree means the same everywhere. A backslash separates directories on other systems,
/// where "..\\x" would lead out of the target folder.
bool is_portable(std::string_view relative);
Error not_portable(const std::string& path);

/// Throws outside_working_directory for a name that a server made up to get out of the target folder ("../x",
/// "/etc/x", "..", one with a NUL), and invalid_argument for one with a line break.
void check_name(std::string_view name, std::string_view directory);

}  // namespace fairlead::transfer
