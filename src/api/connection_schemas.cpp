#include "api/connection_schemas.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/connection_fields.hpp"
#include "catalog/connection_help.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;

json::object schema_of(const std::string&) { return {{"type", {"string", "null"}}}; }
json::object schema_of(bool) { return {{"type", {"boolean", "null"}}}; }
json::object schema_of(unsigned) { return {{"type", {"integer", "null"}}, {"minimum", 0}}; }
json::object schema_of(const std::optional<unsigned>&) { return schema_of(0U); }
json::object schema_of(const std::vector<std::string>&) {
    return {{"type", {"array", "null"}}, {"items", {{"type", "string"}}}};
}
json::object schema_of(Protocol) { return {{"enum", {"ftp", "ftps", "sftp"}}}; }
json::object schema_of(TlsOptions::Mode) { return {{"enum", {"explicit", "implicit"}}}; }
json::object schema_of(const std::optional<std::pair<std::uint16_t, std::uint16_t>>&) {
    return {{"type", {"string", "null"}}, {"examples", json::array{"50000-50100"}}};
}
template <class Text>
json::object schema_of(catalog::PortField<Text>) {
    return {{"type", {"integer", "string", "null"}}, {"minimum", 1}, {"maximum", 65535}};
}
json::object schema_of(const Secret&) { return {{"type", {"string", "null"}}, {"writeOnly", true}}; }

json::object object_of(json::object properties) {
    return {{"type", "object"}, {"properties", std::move(properties)}};
}

/// Every field as JSON has it: those of a group in an object.
json::object fields() {
    const catalog::Connection every;
    json::object properties;
    catalog::for_each_field(every, [&](std::string_view path, const auto& member) {
        auto schema = schema_of(member);
        schema["description"] = catalog::help_of_connection(path);
        const auto dot = path.find('.');
        if (dot == std::string_view::npos) {
            properties[path] = std::move(schema);
            return;
        }
        auto& group = properties.emplace(path.substr(0, dot), object_of({})).first->value().as_object();
        group["properties"].as_object()[path.substr(dot + 1)] = std::move(schema);
    });
    auto& name = properties["name"].as_object();
    name["type"] = "string";
    name["minLength"] = 1;
    name["maxLength"] = 128;
    properties["description"].as_object()["maxLength"] = 1000;
    return properties;
}

/// How long a session is kept, and where it is opened.
constexpr std::string_view kSession = R"({
"project":{"type":["string","null"],"description":"Whose connections and variables are meant; else default"},
"directory":{"type":["string","null"],"description":"Where it begins; else the working directory"},
"idleSeconds":{"type":"integer","minimum":1,"maximum":3600,"description":"It is closed when nobody used it for so long; else 300"}})";

json::object by_connection() {
    auto properties = json::parse(kSession).as_object();
    properties["connection"] = {{"type", "string"}, {"minLength", 1}, {"description", "The name of a saved connection"}};
    auto schema = object_of(std::move(properties));
    schema["required"] = json::array{"connection"};
    schema["additionalProperties"] = false;
    return schema;
}

json::object by_host() {
    auto properties = fields();
    for (const auto* field : {"name", "description", "enabled", "tags"})
        properties.erase(field);
    properties["host"].as_object()["type"] = "string";
    auto more = json::parse(kSession).as_object();
    for (auto& member : more)
        properties[member.key()] = std::move(member.value());
    properties["timeout"] = {{"type", {"integer", "null"}}, {"minimum", 0}, {"description", "The same as timeoutSeconds"}};
    properties["active"] = {{"type", {"boolean", "null"}}, {"description", "The same as ftp.active"}};
    auto schema = object_of(std::move(properties));
    schema["required"] = json::array{"host"};
    schema["additionalProperties"] = false;
    return schema;
}

json::object reference(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string(name)}}; }

}  // namespace

json::object connection_schemas() {
    auto properties = fields();
    properties["secretsSet"] = {{"type", "array"}, {"items", {{"type", "string"}}}, {"readOnly", true}};
    properties["warnings"] = {{"type", "array"}, {"items", reference("Fault")}, {"readOnly", true}};
    auto connection = object_of(std::move(properties));
    connection["description"] =
        "How to reach one server. Secrets (password, proxyPassword, tls.key, sftp.privateKey, "
        "sftp.passphrase) are taken and never given: they are null, and secretsSet names those that are set.";
    json::object all;
    all["ConnectionChange"] = connection;
    auto test = connection;
    test["description"] = "Fields of a connection, and how to test it";
    auto& tested = test["properties"].as_object();
    tested["write"] = {{"type", "boolean"}, {"description", "Also write, rename and delete a small file"}};
    tested["environment"] = {{"type", "string"}, {"description", "Whose variables are used"}};
    all["ConnectionTest"] = std::move(test);
    connection["required"] = json::array{"name"};
    all["Connection"] = std::move(connection);
    all["SessionByConnection"] = by_connection();
    all["SessionByHost"] = by_host();
    all["SessionRequest"] = {{"oneOf", {reference("SessionByConnection"), reference("SessionByHost")}}};
    return all;
}

}  // namespace fairlead::api
