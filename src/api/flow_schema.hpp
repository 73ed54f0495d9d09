#pragma once

#include <boost/json/object.hpp>

namespace fairlead::api {

/// The JSON schema of a flow, from the table of its fields; without the members of a record.
boost::json::object flow_schema();
/// FileVersion, FlowRunRequest, FlowReset, FlowResetCount and FlowMoments, by name.
boost::json::object flow_schemas();

}  // namespace fairlead::api
