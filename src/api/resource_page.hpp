#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>

#include "catalog/resource.hpp"
#include "http/message.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::api {

/// The document of a resource in a list; nothing for one that a filter leaves out.
using ItemOf = std::function<std::optional<boost::json::object>(const catalog::Resource&)>;

/// One page of what a project has of a kind, and of what `global` has, but for those that one of the project's own
/// hides. Understands the parameters of page_wish, and `own`: only the project's own.
http::Response resource_page(service::Workspace& workspace, const http::Request& request, catalog::Kind kind,
                             const ItemOf& item_of);

}  // namespace fairlead::api
