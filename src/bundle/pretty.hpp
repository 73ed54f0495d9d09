#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace fairlead::bundle {

/// JSON for people and version control: members in order of their names, one on each line. The same document
/// always gives the same text.
std::string pretty(const boost::json::value& document);

}  // namespace fairlead::bundle
