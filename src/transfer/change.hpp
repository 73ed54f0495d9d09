#pragma once

#include <functional>
#include <string>

#include "transfer/sessions.hpp"

/// Changes of names at a place, each asked for once. Where the session is lost before the answer comes,
/// another one looks whether it was done: then all is well, and else the failure says what is so.
namespace fairlead::transfer {

/// Removes a file or link that was seen there.
awaitable<void> remove_file(Sessions& place, std::string path);
/// Removes an empty directory that was seen there.
awaitable<void> remove_directory(Sessions& place, std::string path);
/// Makes one directory. (After a lost answer, one that is there and empty counts as made.)
awaitable<void> make_directory(Sessions& place, std::string path);
/// Gives what was seen at `from` another name, in the caller's way.
awaitable<void> rename(Sessions& place, std::string from, std::string to,
                       std::function<awaitable<void>(FileSystem&)> way);

}  // namespace fairlead::transfer
