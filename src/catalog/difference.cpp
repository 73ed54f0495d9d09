#include "catalog/difference.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

const json::object kNothing;

const json::object& object_of(const json::value* value) {
    return value != nullptr && value->is_object() ? value->get_object() : kNothing;
}

void compare(const json::object& before, const json::object& after, const std::string& prefix,
             std::vector<FieldChange>& changes) {
    const auto one = [&](const json::value* old, const json::value* now, const std::string& path) {
        const bool nested = (old == nullptr || old->is_object()) && (now == nullptr || now->is_object());
        if (nested) return compare(object_of(old), object_of(now), path + ".", changes);
        const auto was = old != nullptr ? *old : json::value(nullptr);
        const auto is = now != nullptr ? *now : json::value(nullptr);
        if (was != is) changes.push_back({path, was, is});
    };
    for (const auto& [key, value] : after)
        one(before.if_contains(key), &value, prefix + std::string(key));
    for (const auto& [key, value] : before)
        if (!after.contains(key)) one(&value, nullptr, prefix + std::string(key));
}

}  // namespace

std::vector<FieldChange> difference(const json::object& before, const json::object& after) {
    std::vector<FieldChange> changes;
    compare(before, after, "", changes);
    return changes;
}

}  // namespace fairlead::catalog
