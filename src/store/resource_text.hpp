#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/error.hpp"
#include "store/resource_store.hpp"

/// What the engines share: how values stand in columns, and what is said when a change cannot be.
namespace fairlead::store {

std::int64_t to_number(Time time);
Time to_time(std::int64_t number);

/// A list of texts as a JSON array, and back.
std::string to_text(const std::vector<std::string>& list);
std::vector<std::string> to_list(std::string_view text);

std::string to_text(const boost::json::object& object);
/// Throws internal for a damaged one.
boost::json::object to_object(std::string_view text);

/// The two halves of a cursor (see cursor_of). Throws invalid_argument.
std::pair<std::string, std::string> split_cursor(std::string_view cursor);

/// already_exists: another thing of that kind and project has the name.
Error name_is_taken(const catalog::Resource& resource);
/// conflict: somebody else was faster.
Error is_stale(const catalog::Resource& resource);

}  // namespace fairlead::store
