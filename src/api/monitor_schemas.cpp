#include "api/monitor_schemas.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "catalog/monitor.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kOthers = R"({
"MonitorState":{"type":"object","required":["monitor","state","why"],"properties":{"monitor":{"type":"string"},"project":{"type":"string"},
"state":{"enum":["disabled","looking","failing","on demand","due","waiting"]},"why":{"type":"string"},
"nextLook":{"type":["string","null"],"format":"date-time"},"lastCompleteLook":{"type":["string","null"],"format":"date-time"},
"lastLook":{"type":["object","null"],"properties":{"at":{"type":"string","format":"date-time"},"complete":{"type":"boolean"},"seen":{"type":"integer"},"waiting":{"type":"integer"},"missing":{"type":"boolean"},"error":{"oneOf":[{"$ref":"#/components/schemas/ErrorDocument"},{"type":"null"}]}}},"looks":{"type":"integer"},"failuresInARow":{"type":"integer"},"files":{"type":"integer"},"webhook":{"type":["object","null"],"properties":{"url":{"type":"string"},"undelivered":{"type":"integer"},"failedAttempts":{"type":"integer"},"notBefore":{"type":["string","null"],"format":"date-time"},"problem":{"type":["string","null"]},"deadLetters":{"type":"integer"}}}}},
"MonitorLook":{"type":"object","required":["look","events","complete"],"properties":{"look":{"type":"integer"},"seen":{"type":"integer"},"events":{"type":"integer"},
"waiting":{"type":"integer"},"waitingFiles":{"type":"array","items":{"type":"object","required":["path","why"],"properties":{"path":{"type":"string"},"why":{"type":"string"}}}},"missing":{"type":"boolean"},"complete":{"type":"boolean"},"problems":{"type":"array","items":{"$ref":"#/components/schemas/ErrorDocument"}}}},
"MonitorFile":{"type":"object","required":["entry","told"],"properties":{"entry":{"$ref":"#/components/schemas/Entry"},"told":{"type":"integer"},"waiting":{"type":["string","null"]},"why":{"type":["string","null"]},"unchangedSince":{"type":"string","format":"date-time"}}},
"MonitorEvent":{"type":"object","required":["id","sequence","event","at","path"],"properties":{"id":{"type":"string"},"sequence":{"type":"integer"},"event":{"enum":["created","modified","renamed","deleted"]},
"at":{"type":"string","format":"date-time"},"project":{"type":"string"},"monitor":{"type":"string"},"connection":{"type":"string"},"path":{"type":"string"},"previousPath":{"type":"string"},"entry":{"$ref":"#/components/schemas/Entry"}}},
"DeadLetter":{"type":"object","required":["event","attempts","problem","at"],"properties":{"event":{"type":"object","additionalProperties":true},"attempts":{"type":"integer"},"problem":{"type":"string"},"at":{"type":"string","format":"date-time"}}},
"Replay":{"type":"object","properties":{"id":{"type":"string","description":"Of an event; absent: all"}}},
"Count":{"type":"object","required":["count"],"properties":{"count":{"type":"integer"}}}})";

json::value type_of(std::string_view type) {
    if (type == "boolean") return {{"type", "boolean"}};
    if (type == "number") return {{"type", {"integer", "null"}}};
    if (type == "size") return {{"type", {"integer", "string", "null"}}};
    if (type == "duration") return {{"type", {"string", "integer"}}};
    if (type == "texts") return {{"type", "array"}, {"items", {{"type", "string"}}}};
    if (type == "secret") return {{"type", {"string", "null"}}, {"writeOnly", true}};
    return {{"type", "string"}};
}

json::object monitor() {
    json::object properties;
    for (const auto& [field, type] : catalog::monitor_fields()) {
        auto described = type_of(type).as_object();
        described["description"] = field.help;
        properties[field.name] = std::move(described);
    }
    properties["secretsSet"] = {{"type", "array"}, {"items", {{"type", "string"}}}, {"readOnly", true}};
    properties["warnings"] = {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/Fault"}}}, {"readOnly", true}};
    return {{"type", "object"},
            {"required", {"name", "connection"}},
            {"description", "A watch on a file or directory of a connection."},
            {"properties", std::move(properties)}};
}

}  // namespace

json::object monitor_schemas() {
    auto all = json::parse(kOthers).as_object();
    all["Monitor"] = monitor();
    auto change = monitor();  // a name that is not given stays
    change.erase("required");
    all["MonitorChange"] = std::move(change);
    return all;
}

}  // namespace fairlead::api
