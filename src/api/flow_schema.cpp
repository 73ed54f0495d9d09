#include "api/flow_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <optional>

#include "catalog/flow_fields.hpp"
#include "catalog/receivers.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::FlowField;

template <catalog::FlowPart T>
json::object schema_of(const T& part);

json::array words_in(std::string_view choices) {
    json::array words;
    while (!choices.empty()) {
        const auto end = choices.find(' ');
        words.push_back(json::value(choices.substr(0, end)));
        if (end == std::string_view::npos) break;
        choices.remove_prefix(end + 1);
    }
    return words;
}

json::object schema_of(const FlowField& field, const std::string&) {
    json::object schema{{"type", {"string", "null"}}};
    if (!field.choices.empty()) schema = {{"enum", words_in(field.choices)}};
    return schema;
}
json::object schema_of(const FlowField&, bool) {
    return {{"type", {"boolean", "null"}}};
}
json::object schema_of(const FlowField& field, std::int64_t) {
    return {{"type", {"integer", "null"}}, {"minimum", field.low}, {"maximum", field.high}};
}
json::object schema_of(const FlowField& field, const std::optional<std::int64_t>&) {
    return schema_of(field, std::int64_t{});
}
json::object schema_of(const FlowField&, const std::optional<std::uint64_t>&) {
    return {{"type", {"integer", "null"}}, {"minimum", 0}};
}
json::object schema_of(const FlowField&, std::chrono::milliseconds) {
    return {{"type", {"string", "null"}}, {"examples", {"90s", "1h30m"}}};
}
json::object schema_of(const FlowField&, const std::optional<Time>&) {
    return {{"type", {"string", "null"}}, {"format", "date-time"}};
}
json::object schema_of(const FlowField&, const std::vector<std::string>&) {
    return {{"type", "array"}, {"items", {{"type", "string"}}}};
}
template <catalog::FlowPart T>
json::object schema_of(const FlowField&, const T& part) {
    return schema_of(part);
}
template <catalog::FlowPart T>
json::object schema_of(const FlowField&, const std::optional<T>&) {
    auto schema = schema_of(T{});
    schema["type"] = {"object", "null"};
    return schema;
}
template <catalog::FlowPart T>
json::object schema_of(const FlowField&, const std::vector<T>&) {
    return {{"type", "array"}, {"items", schema_of(T{})}};
}

template <catalog::FlowPart T>
json::object schema_of(const T& part) {
    json::object properties;
    catalog::for_each_field(part, [&]<class Member>(const FlowField& field, const Member& member) {
        auto schema = schema_of(field, member);
        schema["description"] = field.help;
        properties[field.name] = std::move(schema);
    });
    return {{"type", "object"}, {"properties", std::move(properties)}};
}

constexpr std::string_view kOthers = R"({
"FileVersion":{"type":"object","required":["number","path","state","targets"],"properties":{
"number":{"type":"integer"},"path":{"type":"string","description":"On the source"},"size":{"type":["integer","null"]},
"modified":{"type":["string","null"],"format":"date-time"},"hash":{"type":["string","null"]},
"state":{"enum":["waiting","open","delivered","done","quarantined","given_up"],"description":"delivered: the clean-up of the source is pending"},
"reason":{"type":"string"},"counter":{"type":"integer"},"seenAt":{"type":"string","format":"date-time"},
"changedAt":{"type":"string","format":"date-time"},"settledTo":{"type":"string","description":"Where the source was moved"},
"failures":{"type":"integer"},"error":{"$ref":"#/components/schemas/ErrorDocument"},"runId":{"type":"string"},
"targets":{"type":"array","items":{"type":"object","properties":{"target":{"type":"string"},
"state":{"enum":["pending","moving","delivered","skipped"]},"path":{"type":"string"},"bytes":{"type":"integer"},"proof":{"type":"string"},
"checksum":{"type":"string"},"at":{"type":["string","null"],"format":"date-time"},"runId":{"type":"string"},"error":{"$ref":"#/components/schemas/ErrorDocument"}}}}}},
"FlowRunRequest":{"type":"object","properties":{"path":{"type":"string","description":"Only this file, by its path on the source"},
"again":{"type":"boolean","description":"Whatever became of it before"},"environment":{"type":"string"},"trace":{"type":"boolean","description":"What is said with the servers is kept, secrets masked"}}},
"FlowReset":{"type":"object","properties":{"path":{"type":"string"},"state":{"type":"string","description":"Only those in this state"},"all":{"type":"boolean"}}},
"FlowResetCount":{"type":"object","required":["reset"],"properties":{"reset":{"type":"integer"}}},
"Alerts":{"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object","properties":{
"at":{"type":"string","format":"date-time"},"event":{"$ref":"#/components/schemas/CloudEvent"},"told":{"type":"boolean"},"state":{"enum":["told","waits","given up","nobody"]},
"attempts":{"type":"integer"},"problem":{"type":"string"}}}}}},
"FlowMoments":{"type":"object","required":["moments"],"properties":{"moments":{"type":"array","items":{"type":"string","format":"date-time"}}}}})";

}  // namespace

json::object flow_schema() {
    auto schema = schema_of(catalog::Flow{});
    schema["required"] = {"name", "targets"};
    schema["properties"].as_object()[catalog::kWebhookSecret] = {
        {"type", {"string", "null"}}, {"writeOnly", true}, {"description", catalog::kWebhookSecretHelp}};
    schema["properties"].as_object()["secretsSet"] = {
        {"type", "array"}, {"items", {{"type", "string"}}}, {"readOnly", true}};
    schema["properties"].as_object()["warnings"] = {
        {"type", "array"}, {"items", {{"$ref", "#/components/schemas/Fault"}}}, {"readOnly", true}};
    return schema;
}

json::object flow_schemas() {
    return json::parse(kOthers).as_object();
}

}  // namespace fairlead::api
