#pragma once

#include <boost/json/object.hpp>

#include "fairlead/error.hpp"

namespace fairlead {

/// The error document of the contract: {"code","message","serverReply"?,"path"?,"step"?,"hint"?,"retryable",
/// "retryAfterMilliseconds"?,"faults"?}. Valid UTF-8 whatever the server said.
boost::json::object to_json(const Error& error);

/// Wrong inputs, or warnings, as [{"field","value","problem"}].
boost::json::array to_json(const std::vector<Fault>& faults);

}  // namespace fairlead
