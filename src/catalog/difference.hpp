#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace fairlead::catalog {

/// One field that is different, by its path ("tls.mode").
struct FieldChange {
    std::string field;
    boost::json::value before;  ///< null: not there
    boost::json::value after;
};

/// Every field that differs, in the order of `after`, then those that are gone. Objects are compared member by
/// member; lists as a whole.
std::vector<FieldChange> difference(const boost::json::object& before, const boost::json::object& after);

}  // namespace fairlead::catalog
