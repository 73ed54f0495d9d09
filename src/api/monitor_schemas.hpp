#pragma once

#include <boost/json/object.hpp>

namespace fairlead::api {

/// What the routes of monitors take and give, by name, without the members of a record.
boost::json::object monitor_schemas();

}  // namespace fairlead::api
