#include "http/openapi.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <set>

namespace fairlead::http {
namespace {

namespace json = boost::json;

std::vector<std::string> parts_of(std::string_view pattern) {
    std::vector<std::string> parts;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        const auto end = std::min(pattern.find('/'), pattern.size());
        parts.emplace_back(pattern.substr(0, end));
        pattern.remove_prefix(end);
    }
    return parts;
}

bool is_parameter(std::string_view part) {
    return part.starts_with('{');
}

std::string inside(std::string_view part) {
    return std::string(part.substr(1, part.size() - 2));
}

std::string lower(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string capital(std::string text) {
    std::string result;
    bool up = true;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter) result += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        up = !letter;
    }
    return result;
}

/// "getProjectsConnections", "getProjectsConnectionsByName": one for each row, as method and pattern are.
std::string operation_id(const Route& route) {
    auto id = lower(route.method);
    const auto parts = parts_of(route.pattern);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] == "v1") continue;
        if (!is_parameter(parts[i]))
            id += capital(parts[i]);
        else if (i + 1 == parts.size() || inside(parts[i]) != "project")
            id += "By" + capital(inside(parts[i]));
    }
    return id;
}

/// The noun that the route is about: the last one that stands before a parameter, else the first.
std::string tag_of(const Route& route) {
    const auto parts = parts_of(route.pattern);
    if (parts.front() != "v1") return "daemon";
    std::string tag;
    for (std::size_t i = 1; i < parts.size() && i <= 3; ++i)
        if (!is_parameter(parts[i])) tag = parts[i];
    return tag;
}

class Describer {
  public:
    explicit Describer(const ApiInfo& info) : info_(info) {}

    json::object operation(const Route& route) {
        const auto& notes = route.notes;
        json::object result{
            {"operationId", operation_id(route)}, {"summary", route.summary}, {"tags", {tag_of(route)}}};
        std::string description = notes.description;
        if (route.role)
            description +=
                fmt::format("{}Needs the role {}.", description.empty() ? "" : " ", to_string(*route.role));
        if (!description.empty()) result["description"] = description;
        if (route.role)
            result["x-fairlead-role"] = to_string(*route.role);
        else
            result["security"] = json::array();
        auto parameters = parameters_of(route);
        if (!parameters.empty()) result["parameters"] = std::move(parameters);
        if (!notes.request.empty()) {
            const bool needed = !route.pattern.ends_with("/test") && !route.pattern.ends_with("/export");
            result["requestBody"] = json::object{{"required", needed}, {"content", content(notes.request)}};
        }
        result["responses"] = responses(route);
        return result;
    }

  private:
    /// By media type.
    json::object content(std::string_view what) const {
        json::object types;
        while (!what.empty()) {
            const auto end = std::min(what.find(' '), what.size());
            const auto one = what.substr(0, end);
            what.remove_prefix(std::min(end + 1, what.size()));
            if (one.find('/') == std::string_view::npos)
                types["application/json"] = {{"schema", reference(one)}};
            else if (one == "application/x-ndjson")
                types[one] = json::object();  // a schema is for one document, not for lines of them
            else
                types[one] = {{"schema", schema_of_type(one)}};
        }
        return types;
    }

    json::object reference(std::string_view schema) const {
        if (!info_.schemas.contains(schema))
            throw Error(ErrorCode::internal, fmt::format("There is no schema '{}'.", schema));
        return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
    }

    static json::object schema_of_type(std::string_view type) {
        if (type == "application/json") return {{"type", "object"}, {"additionalProperties", true}};
        json::object schema{{"type", "string"}};
        if (!type.starts_with("text/")) schema["format"] = "binary";
        return schema;
    }

    static json::array parameters_of(const Route& route) {
        json::array list;
        for (const auto& part : parts_of(route.pattern))
            if (is_parameter(part))
                list.push_back({{"name", inside(part)},
                                {"in", "path"},
                                {"required", true},
                                {"schema", json::object{{"type", "string"}}}});
        for (const auto& parameter : route.notes.parameters)
            list.push_back({{"name", parameter.name},
                            {"in", parameter.in_header ? "header" : "query"},
                            {"required", parameter.required && route.method != "PUT"},
                            {"description", parameter.help},
                            {"schema", json::object{{"type", parameter.type}}}});
        return list;
    }

    json::object responses(const Route& route) const {
        const auto& notes = route.notes;
        json::object success{{"description", std::string(reason_of(notes.success))}};
        if (!notes.response.empty()) success["content"] = content(notes.response);
        json::object all{{std::to_string(notes.success), success}};
        std::set<unsigned> others(notes.failures.begin(), notes.failures.end());
        others.insert({400, 500, 503});
        if (route.role) others.insert({401, 403, 429});
        if (!notes.request.empty()) others.insert(408);
        for (const auto& parameter : notes.parameters)
            if (parameter.name == "If-None-Match") others.insert(304);
        for (const auto& [status, answer] : notes.other_answers)
            all[std::to_string(status)] = {{"description", std::string(reason_of(status))}, {"content", content(answer)}};
        for (const auto status : others) {
            const auto name = std::to_string(status);
            if (status < 300)
                all[name] = success;
            else if (status < 400)
                all[name] = json::object{{"description", std::string(reason_of(status))}};
            else
                all[name] = json::object{{"$ref", "#/components/responses/Problem"}};
        }
        return all;
    }

    const ApiInfo& info_;
};

json::object problem_schema() {
    const json::object text{{"type", "string"}};
    return {{"type", "object"},
            {"description", "What went wrong (RFC 9457), with the members of the error document"},
            {"required", {"type", "title", "status", "code", "message", "retryable"}},
            {"properties",
             {{"type", text},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", text},
              {"code", {{"type", "string"}, {"description", "The same word everywhere; see docs/errors.md"}}},
              {"message", text},
              {"serverReply", {{"type", "string"}, {"description", "What the remote server said"}}},
              {"path", text},
              {"step", text},
              {"hint", text},
              {"retryable", {{"type", "boolean"}}},
              {"retryAfterMilliseconds", {{"type", "integer"}}},
              {"runId", text},
              {"faults",
               {{"type", "array"},
                {"description", "Every field that is wrong"},
                {"items",
                 {{"type", "object"},
                  {"required", {"field", "value", "problem"}},
                  {"properties", {{"field", text}, {"value", text}, {"problem", text}}}}}}}}}};
}

}  // namespace

json::object openapi(const std::vector<Route>& routes, const ApiInfo& info) {
    Describer describer(info);
    json::object paths;
    for (const auto& route : routes) {
        auto& path = paths.emplace(route.pattern, json::object()).first->value().as_object();
        path[lower(route.method)] = describer.operation(route);
    }
    auto schemas = info.schemas;
    schemas["Problem"] = problem_schema();
    const json::object problem{
        {"description", "It did not work"},
        {"content",
         {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
    return {{"openapi", "3.1.0"},
            {"info", {{"title", info.title}, {"version", info.version}, {"description", info.description}}},
            {"security", json::array{json::object{{"bearer", json::array()}}}},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", std::move(schemas)},
              {"responses", {{"Problem", problem}}},
              {"securitySchemes",
               {{"bearer",
                 {{"type", "http"},
                  {"scheme", "bearer"},
                  {"description", "The text that `fairlead token create` shows once"}}}}}}}};
}

}  // namespace fairlead::http
