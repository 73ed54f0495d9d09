#include "catalog/place.hpp"

#include <fmt/format.h>

#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/field_json.hpp"
#include "catalog/variable.hpp"

namespace fairlead::catalog {
namespace {
constexpr std::size_t kLongestDescription = 1000;
}

void require_valid(const Place& place) {
    auto error = Error(ErrorCode::invalid_argument,
                       fmt::format("The {} '{}' is wrong.", to_string(place.kind), place.name));
    // "all" chooses every environment where one is asked for.
    const bool reserved = place.kind == Kind::environment && name_key(place.name) == "all";
    if (reserved)
        error.faults.push_back({"name", place.name, "means every environment; choose another name"});
    else if (!is_connection_name(place.name))
        error.faults.push_back(
            {"name", place.name, "must be 1 to 128 letters, digits, '.', '_', '-' or spaces between them"});
    if (count_characters(place.description) > kLongestDescription)
        error.faults.push_back({"description", fmt::format("{} characters", count_characters(place.description)),
                                "must not be longer than 1000 characters"});
    if (!error.faults.empty()) throw error;
}

Resource to_resource(const Place& place) {
    Resource resource;
    resource.kind = place.kind;
    resource.record = place.record;
    resource.name = place.name;
    resource.definition["description"] = place.description;
    return resource;
}

Place place_of(const Resource& resource) {
    Place place;
    place.kind = resource.kind;
    place.record = resource.record;
    place.name = resource.name;
    const auto* description = resource.definition.if_contains("description");
    if (description != nullptr && description->is_string()) place.description = description->get_string();
    return place;
}

boost::json::object to_json(const Place& place) {
    boost::json::object document{{"name", place.name}, {"description", place.description}};
    add_record(document, place.record);
    return document;
}

}  // namespace fairlead::catalog
