#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "http/message.hpp"

namespace fairlead::api {

/// A JSON document as an answer.
http::Response answer(const boost::json::value& document, unsigned status = 200);

/// The request's content as a JSON object; with none, an empty one. Throws invalid_argument for anything
/// else, and Refusal 415 for a content that says it is no JSON.
awaitable<boost::json::object> json_of(http::Request& request);

}  // namespace fairlead::api
