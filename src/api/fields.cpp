#include "api/fields.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "base/near.hpp"

namespace fairlead::api {

const boost::json::value* Fields::find(std::string_view name) {
    known_.emplace(name);
    const auto* value = document_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::wrong(std::string_view name, std::string problem) {
    faults_.push_back({std::string(name), "", std::move(problem)});
}

std::optional<std::string> Fields::text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    wrong(name, "must be a text");
    return std::nullopt;
}

std::string Fields::required_text(std::string_view name) {
    const auto given = find(name) != nullptr;
    auto found = text(name).value_or("");
    if (!given || (found.empty() && faults_.empty())) wrong(name, "is missing");
    return found;
}

std::optional<bool> Fields::truth(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    wrong(name, "must be true or false");
    return std::nullopt;
}

std::optional<std::int64_t> Fields::number(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    wrong(name, "must be a whole number");
    return std::nullopt;
}

boost::json::object Fields::object(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (value->is_object()) return value->get_object();
    wrong(name, "must be an object");
    return {};
}

boost::json::array Fields::array(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (value->is_array()) return value->get_array();
    wrong(name, "must be a list");
    return {};
}

void Fields::ignore(std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        known_.emplace(name);
}

void Fields::done() const {
    auto faults = faults_;
    for (const auto& member : document_) {
        const std::string name(member.key());
        if (known_.contains(name)) continue;
        const auto close = nearest(name, {known_.begin(), known_.end()});
        faults.push_back(
            {name, "", close.empty() ? "is not a field" : "is not a field; did you mean " + close + "?"});
    }
    if (faults.empty()) return;
    Error error(ErrorCode::invalid_argument, fmt::format("The request is not valid: {} {}.",
                                                         faults.front().field, faults.front().problem));
    error.faults = std::move(faults);
    throw error;
}

}  // namespace fairlead::api
