#pragma once

#include <string>
#include <vector>

#include "catalog/run.hpp"
#include "http/message.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::api {

/// The projects that a request is about: the one of its path, else those that its token may see (empty: all).
std::vector<std::string> projects_of(const http::Request& request);

/// The run that the path names ("{id}"). Throws not_found, also for one that the path's project does not have, or
/// the token may not see.
catalog::Run visible_run(service::Workspace& workspace, const http::Request& request);

}  // namespace fairlead::api
