#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/router.hpp"
#include "service/actor.hpp"
#include "store/resource_store.hpp"

namespace fairlead::api {

/// Who changes something through this request.
service::Actor actor_of(const http::Request& request);

/// "true" or "false" (also 1, 0, yes, no). Throws invalid_argument naming the parameter.
std::optional<bool> truth_of(const http::Request& request, std::string_view name);
/// A whole number from `least` to `most`.
std::optional<std::int64_t> number_of(const http::Request& request, std::string_view name, std::int64_t least,
                                      std::int64_t most);
/// Throws invalid_argument for a parameter that none of these is, with a near one as a hint: a filter that
/// was misspelt would let everything through.
void refuse_unknown_parameters(const http::Request& request, const std::vector<std::string>& known);

/// The query of a list: text, tag, enabled, sort, limit, cursor. A `limit` of one more than asked for, so
/// that it shows whether there is a further page.
struct PageWish {
    store::ResourceQuery query;
    std::size_t limit = 100;
};
PageWish page_wish(const http::Request& request, catalog::Kind kind);
/// The parameters of such a list, for its description.
std::vector<http::RouteNotes::Parameter> page_parameters();

/// The parameter "If-Match" of a change, for its description.
http::RouteNotes::Parameter if_match_parameter();

}  // namespace fairlead::api
