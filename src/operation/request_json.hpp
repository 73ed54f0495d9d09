#pragma once

#include <boost/json/object.hpp>

#include "operation/execution.hpp"

namespace fairlead::operation {

/// What a run remembers of its execution: {"operation", "inputs": [{"content", "properties"}], "parameters",
/// "output": {"folder", "byNumber"}, "zone"}.
boost::json::object to_json(const Request& request);
/// Read back. Throws Error{internal} for what is damaged.
Request request_of(const boost::json::object& document);

}  // namespace fairlead::operation
