#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/record.hpp"

namespace fairlead::catalog {

/// What a stored thing is.
enum class Kind { project, environment, variable, connection, operation, monitor, flow, token };
/// "project", "environment", ...
std::string_view to_string(Kind kind) noexcept;
/// Throws Error{invalid_argument} naming the choices.
Kind parse_kind(std::string_view word);

/// That one thing uses another, by its name: looked up in the project of the one that uses, then in `global`.
struct Reference {
    Kind kind = Kind::connection;
    std::string name;
    friend bool operator==(const Reference&, const Reference&) = default;
};

/// Anything that is stored under a name, as the store sees it. The typed values (Connection, Variable, ...)
/// are made from it and into it in this room; the store never looks into `definition`.
struct Resource {
    Kind kind = Kind::connection;
    Record record;
    std::string name;  ///< unique in kind and project, without regard to case (see name_key)
    bool enabled = true;
    std::vector<std::string> tags;
    boost::json::object definition;             ///< every field but name, enabled, tags and the secrets
    std::map<std::string, std::string> sealed;  ///< encrypted secrets by field path
    std::vector<Reference> references;          ///< what it uses
};

/// What names are compared by: upper and lower case of ASCII count as the same.
std::string name_key(std::string_view name);

}  // namespace fairlead::catalog
