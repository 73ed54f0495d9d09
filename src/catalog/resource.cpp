#include "catalog/resource.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::array kKinds{Kind::project,   Kind::environment, Kind::variable, Kind::connection,
                            Kind::operation, Kind::monitor,     Kind::flow,     Kind::token};

}  // namespace

std::string_view to_string(Kind kind) noexcept {
    switch (kind) {
        case Kind::project:
            return "project";
        case Kind::environment:
            return "environment";
        case Kind::variable:
            return "variable";
        case Kind::connection:
            return "connection";
        case Kind::operation:
            return "operation";
        case Kind::monitor:
            return "monitor";
        case Kind::flow:
            return "flow";
        case Kind::token:
            return "token";
    }
    return "connection";
}

Kind parse_kind(std::string_view word) {
    for (const auto kind : kKinds)
        if (to_string(kind) == word) return kind;
    std::string choices;
    for (const auto kind : kKinds)
        choices += fmt::format("{}{}", choices.empty() ? "" : ", ", to_string(kind));
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no kind of stored thing.", word))
        .hinting(fmt::format("choose one of {}", choices));
}

std::string name_key(std::string_view name) {
    std::string key(name);
    std::ranges::transform(
        key, key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return key;
}

}  // namespace fairlead::catalog
