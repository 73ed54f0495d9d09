#pragma once

#include <boost/json/object.hpp>

namespace fairlead::api {

/// Connection, ConnectionChange and ConnectionTest (without the members of a record), and what sessions are opened with:
/// from the table of a connection's fields.
boost::json::object connection_schemas();

}  // namespace fairlead::api
