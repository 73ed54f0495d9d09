#pragma once

#include <exception>
#include <string>

#include "base/error_json.hpp"

/// The one conversion of failures at the border of the command line; as JSON: base/error_json.hpp.
namespace fairlead::cli {

/// "fairlead: SENTENCE", then one line each for what there is: the server's words, step, path, every fault,
/// the hint. Control characters of the server's words are made visible. Ends with a line end.
std::string to_text(const Error& error);

/// Any exception as an Error: Asio's abort becomes `cancelled`, what is unknown `internal`.
Error as_error(const std::exception& exception);

}  // namespace fairlead::cli
