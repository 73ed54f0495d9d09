#include "bundle/pretty.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <vector>

namespace fairlead::bundle {
namespace {

namespace json = boost::json;

void write(const json::value& value, std::size_t depth, std::string& text) {
    const auto line = [&](std::size_t deep) { text.append("\n").append(2 * deep, ' '); };
    if (value.is_object() && !value.get_object().empty()) {
        std::vector<const json::key_value_pair*> members;
        for (const auto& member : value.get_object())
            members.push_back(&member);
        std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
        text += '{';
        for (const auto* member : members) {
            line(depth + 1);
            text += json::serialize(json::string(member->key())) + ": ";
            write(member->value(), depth + 1, text);
            if (member != members.back()) text += ',';
        }
        line(depth);
        text += '}';
    } else if (value.is_array() && !value.get_array().empty()) {
        const auto& items = value.get_array();
        text += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            line(depth + 1);
            write(items[i], depth + 1, text);
            if (i + 1 < items.size()) text += ',';
        }
        line(depth);
        text += ']';
    } else {
        text += json::serialize(value);
    }
}

}  // namespace

std::string pretty(const boost::json::value& document) {
    std::string text;
    write(document, 0, text);
    return text + "\n";
}

}  // namespace fairlead::bundle
