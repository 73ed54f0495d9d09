#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace fairlead::api {

/// A JSON document as an answer.
http::Response answer(const boost::json::value& document, unsigned status = 200);

/// A text as a JSON object. Throws invalid_argument.
boost::json::object parse_json(std::string_view text);

/// The request's content as a JSON object; with none, an empty one. Throws invalid_argument for anything
/// else, and Refusal 415 for a content that says it is no JSON.
awaitable<boost::json::object> json_of(http::Request& request);

}  // namespace fairlead::api
