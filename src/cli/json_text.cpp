#include "cli/json_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

void write(const json::value& value, std::size_t depth, std::string& text) {
    const auto* object = value.if_object();
    if (object == nullptr || object->empty()) {
        text += json::serialize(value);
        return;
    }
    text += "{\n";
    bool first = true;
    for (const auto& [key, member] : *object) {
        if (!first) text += ",\n";
        first = false;
        text += std::string(2 * (depth + 1), ' ') + json::serialize(json::value(key)) + ": ";
        write(member, depth + 1, text);
    }
    text += "\n" + std::string(2 * depth, ' ') + "}";
}

Error malformed(const std::string& text, std::size_t at, const std::string& reason) {
    const auto before = std::string_view(text).substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto column = at - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1) + 1;
    return {ErrorCode::invalid_argument, fmt::format("Line {}, column {} is no JSON: {}.", line, column, reason)};
}

}  // namespace

std::string to_indented(const json::value& value) {
    std::string text;
    write(value, 0, text);
    return text + "\n";
}

json::object parse_relaxed(const std::string& text) {
    json::parse_options options;
    options.allow_comments = true;
    options.allow_trailing_commas = true;
    json::stream_parser parser({}, options);
    json::error_code problem;
    const auto read = parser.write_some(text, problem);
    if (!problem && read == text.size()) parser.finish(problem);
    if (!problem && read < text.size()) throw malformed(text, read, "something follows the end");
    if (problem) throw malformed(text, read, problem.message());
    auto value = parser.release();
    if (!value.is_object()) throw malformed(text, 0, "it must begin with {");
    return std::move(value.get_object());
}

}  // namespace fairlead::cli
