#pragma once

#include <boost/json/object.hpp>

namespace fairlead::api {

/// JSON Schemas of the documents that routes take and give, by name.
boost::json::object schemas();

}  // namespace fairlead::api
