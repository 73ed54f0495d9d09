#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/record.hpp"
#include "http/message.hpp"

namespace fairlead::api {

/// The entity tag of a stored thing, in quotes as HTTP wants it.
std::string entity_tag(const catalog::Record& record);

/// What a change must be based on. Throws Refusal 428 when the request has no If-Match, and 412 when that
/// names another version than this one. Gives the revision, for the service to look at again.
std::int64_t require_match(const http::Request& request, const catalog::Record& record);

/// Whether the client has this version already (If-None-Match): then the answer is 304.
bool has_already(const http::Request& request, std::string_view tag);

/// A document with its entity tag: 304 when the client has it already.
http::Response tagged(const http::Request& request, const catalog::Record& record, http::Response response);
http::Response tagged(const http::Request& request, const std::string& tag, http::Response response);

}  // namespace fairlead::api
