#pragma once

#include <boost/json/object.hpp>
#include <string>

/// JSON as people write it.
namespace fairlead::cli {

/// One member on each line, indented by two blanks; ends with a line end.
std::string to_indented(const boost::json::value& value);

/// Reads an object with `//` comments and commas at the end of lists. Throws Error{invalid_argument} naming line and
/// column.
boost::json::object parse_relaxed(const std::string& text);

}  // namespace fairlead::cli
