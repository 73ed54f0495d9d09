#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "catalog/resource.hpp"

namespace fairlead::catalog {

/// A project or an environment: a name, and what it is for.
struct Place {
    Kind kind = Kind::project;
    Record record;
    std::string name;
    std::string description;
};

/// Throws invalid_argument for a name that none can have or a description that is too long.
void require_valid(const Place& place);

Resource to_resource(const Place& place);
Place place_of(const Resource& resource);
boost::json::object to_json(const Place& place);

}  // namespace fairlead::catalog
