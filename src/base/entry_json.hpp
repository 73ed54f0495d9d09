#pragma once

#include <fmt/format.h>

#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead {

/// Writes an entry as the JSON object of the contract: every member present, absent facts null, mode as octal
/// text. A name or path that is not UTF-8 gets U+FFFD for each wrong byte, and "nameBase64" ("pathBase64")
/// holds the exact bytes. Written by hand because listings have hundreds of thousands of them.
void append_json(fmt::memory_buffer& to, const Entry& entry);

/// Writes a text as a JSON string, with U+FFFD for each byte that is not UTF-8.
void append_json_string(fmt::memory_buffer& to, std::string_view text);

}  // namespace fairlead
