#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "catalog/flow.hpp"

namespace fairlead::flow {

/// What is told of a flow, as CloudEvents 1.0 in JSON. `key` tells it from everything else that is told of the flow.
boost::json::object notice_event(const catalog::Flow& flow, std::string_view type, const std::string& key, Time at,
                                 boost::json::object data);

}  // namespace fairlead::flow
