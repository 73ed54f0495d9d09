#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

/// YAML as people write it.
namespace fairlead::cli {

/// The help of a field by its path ("tls.mode"); empty: none.
using FieldHelp = std::function<std::string_view(const std::string& path)>;

/// One member on each line, below its help as a comment, groups indented by two blanks; ends with a line end.
std::string to_yaml(const boost::json::object& object, const FieldHelp& help);

/// Reads one mapping. What a plain scalar is, the member of the same path in `like` says: where that is a text, so is
/// this ("host: 10" is the text "10"); where there is none, as YAML has it. Throws Error{invalid_argument} naming line
/// and column, for a member that stands there twice too.
boost::json::object parse_yaml(const std::string& text, const boost::json::object& like);

}  // namespace fairlead::cli
