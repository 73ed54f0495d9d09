#include "api/json.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"

namespace fairlead::api {
namespace {

bool is_json(std::string_view type) {
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' '))
        type.remove_suffix(1);
    // The last one is what curl -d says of anything. It opens no door to other sites' pages: whoever is to be
    // heard needs a token in a header, which they cannot send.
    return type == "application/json" || type == "application/merge-patch+json" ||
           type == "application/problem+json" || type == "text/json" ||
           type == "application/x-www-form-urlencoded";
}

}  // namespace

http::Response answer(const boost::json::value& document, unsigned status) {
    http::Response response;
    response.status = status;
    response.with("Content-Type", "application/json");
    response.body = boost::json::serialize(document);
    return response;
}

boost::json::object parse_json(std::string_view text) {
    boost::system::error_code failure;
    auto value = boost::json::parse(text, failure);
    if (failure)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The content is no JSON: {}.", failure.message()));
    if (!value.is_object()) throw Error(ErrorCode::invalid_argument, "The content must be a JSON object.");
    return std::move(value.get_object());
}

awaitable<boost::json::object> json_of(http::Request& request) {
    const auto type = request.header("content-type");
    if (type && !is_json(*type) && !request.body->empty())
        throw http::Refusal{
            415,
            Error(ErrorCode::invalid_argument,
                  fmt::format("This takes application/json; the content is '{}'.", to_printable(*type))),
            {{"Accept", "application/json"}}};
    const auto text = co_await request.text();
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) co_return boost::json::object{};
    co_return parse_json(text);
}

}  // namespace fairlead::api
