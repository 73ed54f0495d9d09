#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Remote paths: "/"-separated bytes. Purely lexical, nothing here touches a file system.
namespace fairlead::path {

/// Refuses what may never reach a control channel: CR, LF and NUL. `what` names the input in the message.
/// Throws Error{invalid_argument}.
void refuse_control_bytes(std::string_view text, std::string_view what);

/// The parts between slashes, without empty ones and ".". ".." is kept.
std::vector<std::string_view> parts(std::string_view path);

/// `path` taken below the root "/": absolute, without ".", "..", doubled or trailing slashes.
/// Throws Error{outside_working_directory} when ".." would climb above the root.
std::string confine(std::string_view path);

/// `directory` + "/" + `name`, with one slash between. An empty directory gives the name alone.
std::string join(std::string_view directory, std::string_view name);

/// What stands before the last slash ("/" for "/a", "" for "a") and what stands after it.
std::pair<std::string_view, std::string_view> split(std::string_view path);
std::string_view parent(std::string_view path);
std::string_view name(std::string_view path);

/// Whether a name that a server sent can be one file name: not empty, ".", "..", and without "/" and NUL.
bool is_plain_name(std::string_view name) noexcept;

}  // namespace fairlead::path
