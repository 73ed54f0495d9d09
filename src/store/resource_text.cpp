#include "store/resource_text.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace fairlead::store {

namespace json = boost::json;

std::int64_t to_number(Time time) {
    return time.time_since_epoch().count();
}

Time to_time(std::int64_t number) {
    return Time(std::chrono::milliseconds(number));
}

std::string to_text(const std::vector<std::string>& list) {
    return json::serialize(json::array(list.begin(), list.end()));
}

std::vector<std::string> to_list(std::string_view text) {
    std::vector<std::string> list;
    const auto value = json::parse(text);
    for (const auto& item : value.as_array())
        list.emplace_back(item.as_string());
    return list;
}

std::string to_text(const json::object& object) {
    return json::serialize(object);
}

json::object to_object(std::string_view text) {
    boost::system::error_code problem;
    auto value = json::parse(text, problem);
    if (problem || !value.is_object()) throw Error(ErrorCode::internal, "A stored definition is damaged.");
    return std::move(value.get_object());
}

std::pair<std::string, std::string> split_cursor(std::string_view cursor) {
    const auto slash = cursor.rfind('/');
    if (slash == std::string_view::npos) {
        Error error(ErrorCode::invalid_argument, "The cursor is none that was given out.");
        error.faults.push_back({"cursor", std::string(cursor), "is none that was given out"});
        error.hint = "leave it out to begin at the first page";
        throw error;
    }
    return {std::string(cursor.substr(0, slash)), std::string(cursor.substr(slash + 1))};
}

Error name_is_taken(const catalog::Resource& resource) {
    return Error(ErrorCode::already_exists,
                 fmt::format("The {} '{}' is already in the project '{}'.", catalog::to_string(resource.kind),
                             resource.name, resource.record.project))
        .hinting(
            "choose another name (upper and lower case count as the same), or update the one that is there");
}

Error is_stale(const catalog::Resource& resource) {
    return Error(ErrorCode::conflict,
                 fmt::format(
                     "The {} '{}' was changed or deleted by somebody else meanwhile; nothing was changed.",
                     catalog::to_string(resource.kind), resource.name))
        .hinting("look at it again and repeat the change");
}

}  // namespace fairlead::store
