#pragma once

#include <string>

namespace fairlead::cli {

/// Where there is no token yet, makes one for an administrator, named "admin", and writes its text to the file
/// "admin-token" (mode 0600) in the data directory. Gives the file's path, or "" when there were tokens already.
/// Arguments as Workspace takes them.
std::string make_first_token(const std::string& data, const std::string& store);

}  // namespace fairlead::cli
