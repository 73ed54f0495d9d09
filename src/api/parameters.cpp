#include "api/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/near.hpp"
#include "fairlead/error.hpp"

namespace fairlead::api {
namespace {

constexpr std::int64_t kMostOfPage = 1000;

[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string problem) {
    Error error(ErrorCode::invalid_argument, fmt::format("The parameter {} {}.", name, problem));
    error.faults.push_back({std::string(name), std::string(value), std::move(problem)});
    throw error;
}

store::ResourceQuery::Order order_of(std::string_view word) {
    using Order = store::ResourceQuery::Order;
    if (word == "name") return Order::name;
    if (word == "createdAt") return Order::created;
    if (word == "updatedAt") return Order::updated;
    refuse("sort", word, "must be name, createdAt or updatedAt, with a minus in front for descending");
}

}  // namespace

service::Actor actor_of(const http::Request& request) {
    const auto& who = request.principal;
    const bool is_admin = who.role == http::Principal::Role::admin;
    return {who.name, "api", is_admin && who.projects.empty(), is_admin};
}

std::optional<bool> truth_of(const http::Request& request, std::string_view name) {
    const auto value = request.argument(name);
    if (!value) return std::nullopt;
    if (*value == "true" || *value == "1" || *value == "yes" || value->empty()) return true;
    if (*value == "false" || *value == "0" || *value == "no") return false;
    refuse(name, *value, "must be true or false");
}

std::optional<std::int64_t> number_of(const http::Request& request, std::string_view name, std::int64_t least,
                                      std::int64_t most) {
    const auto value = request.argument(name);
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    const auto [rest, failed] = std::from_chars(value->data(), value->data() + value->size(), number);
    const bool whole = failed == std::errc() && rest == value->data() + value->size() && !value->empty();
    if (!whole || number < least || number > most)
        refuse(name, *value, fmt::format("must be a whole number from {} to {}", least, most));
    return number;
}

void refuse_unknown_parameters(const http::Request& request, const std::vector<std::string>& known) {
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto close = nearest(name, known);
        refuse(
            name, value,
            close.empty() ? "is not known here" : fmt::format("is not known here; did you mean {}?", close));
    }
}

PageWish page_wish(const http::Request& request, catalog::Kind kind) {
    PageWish wish;
    wish.limit = static_cast<std::size_t>(number_of(request, "limit", 1, kMostOfPage).value_or(100));
    auto& query = wish.query;
    query.kind = kind;
    query.text = request.argument("text").value_or("");
    query.tag = request.argument("tag").value_or("");
    query.enabled = truth_of(request, "enabled");
    query.after = request.argument("cursor").value_or("");
    query.limit = wish.limit + 1;
    std::string sort = request.argument("sort").value_or("name");
    query.descending = sort.starts_with('-');
    query.order = order_of(query.descending ? std::string_view(sort).substr(1) : std::string_view(sort));
    return wish;
}

std::vector<http::RouteNotes::Parameter> page_parameters() {
    return {{"text", "Only those with this in their name, whatever its case"},
            {"tag", "Only those with this tag"},
            {"enabled", "Only those that are, or are not, enabled", "boolean"},
            {"sort", "name, createdAt or updatedAt; with a minus in front: descending"},
            {"limit", "How many at most, 1 to 1000; else 100", "integer"},
            {"cursor", "Where to go on: `next` of the page before"}};
}

http::RouteNotes::Parameter if_match_parameter() {
    return {"If-Match", "The ETag of the version that the change is based on; * for any", "string", true, true};
}

}  // namespace fairlead::api
