#include "api/schemas.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "api/connection_schemas.hpp"
#include "api/flow_schema.hpp"
#include "api/monitor_schemas.hpp"
#include "catalog/operation.hpp"
#include "catalog/receivers.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// Of everything that is stored; given, never taken.
constexpr std::string_view kRecord = R"({
"id":{"type":"string","description":"UUIDv7"},
"project":{"type":"string"},
"revision":{"type":"integer"},
"etag":{"type":"string"},
"createdAt":{"type":"string","format":"date-time"},
"updatedAt":{"type":"string","format":"date-time"},
"createdBy":{"type":"string"},
"updatedBy":{"type":"string"}})";

constexpr std::string_view kToken = R"({
"type":"object","required":["name"],
"properties":{
"name":{"type":"string","minLength":1,"maxLength":128},
"description":{"type":"string","maxLength":1000},
"role":{"enum":["viewer","operator","admin"]},
"projects":{"type":"array","items":{"type":"string"},"description":"empty: all"},
"expiresAt":{"type":["string","null"],"description":"A time (RFC 3339), or from now on: 30d, 12h"},
"expires":{"type":["string","null"],"writeOnly":true,"description":"The same as expiresAt"},
"revoked":{"type":"boolean","readOnly":true},
"expired":{"type":"boolean","readOnly":true},
"token":{"type":"string","readOnly":true,"description":"The text to send as bearer token; only in the answer that made it"}}})";

constexpr std::string_view kOthers = R"({
"Health":{"type":"object","required":["status"],"properties":{"status":{"type":"string"},"schema":{"type":"integer"}}},
"Version":{"type":"object","required":["name","version"],"properties":{"name":{"type":"string"},"version":{"type":"string"}}},
"Description":{"type":"object","properties":{"description":{"type":"string","maxLength":1000}}},
"Move":{"type":"object","required":["to"],"properties":{"to":{"type":"string","description":"The project"},"force":{"type":"boolean"}}},
"Rollback":{"type":"object","required":["revision"],"properties":{"revision":{"type":"integer"}}},
"Use":{"type":"object","required":["kind","name"],"properties":{"kind":{"type":"string"},"project":{"type":"string"},"name":{"type":"string"},"id":{"type":"string"}}},
"Passphrase":{"type":"object","properties":{"passphrase":{"type":"string"}}},
"ExportWish":{"type":"object","properties":{"names":{"type":"array","items":{"type":"string"}},"scope":{"enum":["connections","project","everything"]},"passphrase":{"type":"string"}}},
"ImportReport":{"type":"object","required":["format","dryRun","items"],"properties":{"format":{"type":"string"},"dryRun":{"type":"boolean"},
"items":{"type":"array","items":{"type":"object","required":["kind","name","action"],"properties":{"kind":{"type":"string"},"project":{"type":"string"},"name":{"type":"string"},"origin":{"type":"string","description":"Its name in the file"},"action":{"enum":["create","overwrite","rename","keep"]},
"secretsToEnter":{"type":"array","items":{"type":"string"}},"missing":{"type":"array","items":{"type":"string"}},"notes":{"type":"array","items":{"type":"string"}}}}},
"skipped":{"type":"array","items":{"type":"object","required":["name","reason"],"properties":{"name":{"type":"string"},"reason":{"type":"string"}}}},
"notes":{"type":"array","items":{"type":"string"}}}},
"ImportRequest":{"type":"object","required":["content"],"properties":{"content":{"type":"string","description":"The file, in base64"},"format":{"type":"string"},"passphrase":{"type":"string"},
"onConflict":{"enum":["fail","overwrite","rename"]},"dryRun":{"type":"boolean"},"allowMissing":{"type":"boolean"}}},
"NodeList":{"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object","required":["name","process","version","since","lastSeen","state","leases","self"],"properties":{
"name":{"type":"string","description":"host:/data/directory"},"process":{"type":"string"},"version":{"type":"string"},"since":{"type":"string","format":"date-time"},"lastSeen":{"type":"string","format":"date-time"},
"state":{"enum":["serving","silent"]},"leases":{"type":"integer","description":"How many runs it executes"},"self":{"type":"boolean","description":"The one that answers"}}}}}},
"Fault":{"type":"object","required":["field","value","problem"],"properties":{"field":{"type":"string"},"value":{"type":"string"},"problem":{"type":"string"}}},
"ErrorDocument":{"type":"object","required":["code","message","retryable"],"properties":{"code":{"type":"string","description":"The same word everywhere; see docs/errors.md"},"message":{"type":"string"},"serverReply":{"type":"string"},
"path":{"type":"string"},"step":{"type":"string"},"hint":{"type":"string"},"retryable":{"type":"boolean"},"retryAfterMilliseconds":{"type":"integer"},"runId":{"type":"string"},
"faults":{"type":"array","items":{"$ref":"#/components/schemas/Fault"}}}},
"CloudEvent":{"type":"object","required":["specversion","id","source","type","data"],"properties":{"specversion":{"const":"1.0"},"id":{"type":"string"},"source":{"type":"string"},"type":{"type":"string"},"subject":{"type":"string"},
"time":{"type":"string","format":"date-time"},"datacontenttype":{"type":"string"},"data":{"type":"object","additionalProperties":true}}},
"FilterNode":{"description":"A group (and, or, not) or a condition. A fileName and a timestamp take every operator, a size no pattern, a fileType equal and notEqual. With parameter the value is given at run time.",
"oneOf":[{"type":"object","required":["and"],"additionalProperties":false,"properties":{"and":{"type":"array","items":{"$ref":"#/components/schemas/FilterNode"}}}},
{"type":"object","required":["or"],"additionalProperties":false,"properties":{"or":{"type":"array","items":{"$ref":"#/components/schemas/FilterNode"}}}},
{"type":"object","required":["not"],"additionalProperties":false,"properties":{"not":{"$ref":"#/components/schemas/FilterNode"}}},
{"type":"object","required":["field","operator"],"additionalProperties":false,"properties":{"field":{"type":"string","examples":["fileName","timestamp","size","fileType"]},
"operator":{"type":"string","examples":["equal","notEqual","lessThan","lessOrEqual","greaterThan","greaterOrEqual","wildcard","regex"]},"value":{"type":["string","number"]},"parameter":{"type":"string"}}}]},
"NewName":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}},
"TestReport":{"type":"object","required":["ok","steps"],"properties":{"ok":{"type":"boolean"},"environment":{"type":["string","null"]},
"steps":{"type":"array","items":{"type":"object","required":["step","ok"],"properties":{"step":{"type":"string"},"ok":{"type":"boolean"},"milliseconds":{"type":"integer"},"detail":{"type":["string","null"]},"hint":{"type":["string","null"]}}}},
"identity":{"type":["string","null"],"description":"Of the server: its certificate's or host key's fingerprint"},"server":{"type":["string","null"],"description":"What it says it is"},
"address":{"type":["string","null"]},"security":{"type":["string","null"]},"hostKeyIsNew":{"type":"boolean"},
"abilities":{"type":["object","null"],"additionalProperties":true},"error":{"$ref":"#/components/schemas/ErrorDocument"}}},
"Revision":{"type":"object","required":["revision","change","at","by"],"properties":{"revision":{"type":"integer"},"change":{"type":"string"},"name":{"type":"string"},"at":{"type":"string","format":"date-time"},"by":{"type":"string"},"project":{"type":"string"},"changes":{"type":"array","items":{"type":"object","additionalProperties":true}},"fields":{"type":"object","additionalProperties":true},"changedSecrets":{"type":"array","items":{"type":"string"}}}},
"AuditEntry":{"type":"object","required":["sequence","at","by","action"],"properties":{"sequence":{"type":"integer"},"at":{"type":"string","format":"date-time"},"by":{"type":"string"},"via":{"type":"string"},"action":{"type":"string"},"kind":{"type":["string","null"]},"project":{"type":["string","null"]},"name":{"type":["string","null"]},"resourceId":{"type":["string","null"]},"revision":{"type":["integer","null"]},"detail":{"type":"object","additionalProperties":true}}}})";

/// What the routes of files give and take.
constexpr std::string_view kFiles = R"({
"Entry":{"type":"object","required":["name","path","type","size","modified","modifiedPrecision","mode","owner","group","target"],
"description":"What the server does not say is null.",
"properties":{"name":{"type":"string"},"path":{"type":"string"},"type":{"enum":["file","directory","symlink","other"]},
"size":{"type":["integer","null"]},"modified":{"type":["string","null"],"format":"date-time"},
"modifiedPrecision":{"enum":["millisecond","second","minute","day",null]},
"mode":{"type":["string","null"],"description":"octal"},"owner":{"type":["string","null"]},"group":{"type":["string","null"]},
"target":{"type":["string","null"],"description":"of a link"},
"nameBase64":{"type":"string","description":"Only where the name is no UTF-8: its bytes"},"pathBase64":{"type":"string"}}},
"EntryPage":{"type":"object","required":["path","entries","next","problems"],"properties":{"path":{"type":"string"},
"entries":{"type":"array","items":{"$ref":"#/components/schemas/Entry"}},
"next":{"type":["string","null"],"description":"The cursor of the next page; null: this is the last"},
"problems":{"type":"array","description":"Directories below that could not be listed","items":{"$ref":"#/components/schemas/ErrorDocument"}}}},
"EntryChange":{"type":"object","properties":{"path":{"type":"string","description":"Moves it there"},"name":{"type":"string","description":"Renames it"},
"replace":{"type":"boolean","description":"What stands at the new place gives way"},"mode":{"type":"string","description":"octal, such as 640"},
"modified":{"type":"string","format":"date-time"}}},
"Uploaded":{"type":"object","required":["target","outcome","bytes","proof","checksum","warnings","entry"],"properties":{"target":{"type":"string"},
"outcome":{"type":"string"},"reason":{"type":"string"},"bytes":{"type":"integer"},"proof":{"type":"string"},"checksum":{"type":["string","null"]},
"warnings":{"type":"array","items":{"type":"string"}},"entry":{"oneOf":[{"$ref":"#/components/schemas/Entry"},{"type":"null"}]}}},
"Removed":{"type":"object","required":["removed","count","failed"],"properties":{"removed":{"type":"array","items":{"type":"string"}},
"count":{"type":"integer"},"failed":{"type":"integer"},"error":{"$ref":"#/components/schemas/ErrorDocument"}}},
"Created":{"type":"object","required":["created"],"properties":{"created":{"type":"array","items":{"type":"string"}}}},
"Preview":{"type":"object","required":["path","format","compression","encoding","bom","complete","bytesRead"],"properties":{"path":{"type":"string"},
"format":{"enum":["delimited","json","text","binary"]},"compression":{"type":"string"},"encoding":{"type":["string","null"]},"bom":{"type":"boolean"},
"complete":{"type":"boolean"},"bytesRead":{"type":"integer"},"delimiter":{"type":"string"},"quote":{"type":["string","null"]},"header":{"type":"boolean"},
"columns":{"type":"array","items":{"type":"object","required":["name","type"],"properties":{"name":{"type":"string"},"type":{"type":"string"}}}},
"rows":{"type":"array","items":{"type":"array","items":{"type":["string","null"]}}},"lines":{"type":"array","items":{"type":"string"}}}},
"Session":{"type":"object","required":["handle","project","protocol","host","port","username","directory","openedBy","openedAt","usedAt","idleSeconds"],"properties":{"handle":{"type":"string","description":"A key: whoever has it and the token uses the session"},
"project":{"type":"string"},"connection":{"type":["string","null"],"description":"null: opened inline"},"protocol":{"enum":["ftp","ftps","sftp"]},"host":{"type":"string"},"port":{"type":"integer"},"username":{"type":"string"},
"directory":{"type":"string"},"openedBy":{"type":"string"},"openedAt":{"type":"string","format":"date-time"},"usedAt":{"type":"string","format":"date-time"},"idleSeconds":{"type":"integer"},"lastError":{"oneOf":[{"$ref":"#/components/schemas/ErrorDocument"},{"type":"null"}]}}},
"SessionList":{"type":"object","required":["sessions"],"properties":{"sessions":{"type":"array","items":{"$ref":"#/components/schemas/Session"}}}},
"Directory":{"type":"object","required":["directory"],"properties":{"directory":{"type":"string"}}},
"RawCommand":{"type":"object","required":["command"],"properties":{"command":{"type":"string"},"validCodes":{"type":"string","description":"such as 2xx or 211,250"}}},
"RawReply":{"type":"object","required":["replyCode","replyText","lines"],"properties":{"replyCode":{"type":"string"},"replyText":{"type":"string"},"lines":{"type":"array","items":{"type":"string"}}}},
"Existence":{"type":"object","required":["exists","file","directory"],"properties":{"exists":{"type":"boolean"},"file":{"type":"boolean"},"directory":{"type":"boolean"}}}})";

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

constexpr std::string_view kPlace = R"({"type":"object","required":["name"],
"properties":{"name":{"type":"string"},"description":{"type":"string","maxLength":1000}}})";

constexpr std::string_view kVariable = R"({"type":"object","required":["name"],
"properties":{"name":{"type":"string"},"description":{"type":"string","maxLength":1000},
"value":{"type":["string","null"],"description":"For all environments; null when it is secret"},"secret":{"type":"boolean"},
"environments":{"type":"object","description":"By environment","additionalProperties":{"oneOf":[{"type":"string"},{"type":"object","properties":{"value":{"type":["string","null"]},"secret":{"type":"boolean"}}}]}},
"warnings":{"type":"array","items":{"$ref":"#/components/schemas/Fault"},"readOnly":true}}})";

constexpr std::string_view kRuns = R"({
"Run":{"type":"object","required":["id","project","kind","state","createdAt"],"properties":{
"id":{"type":"string","description":"UUIDv7"},"project":{"type":"string"},"kind":{"enum":["operation","flow","transfer"]},"subject":{"type":"string"},"connection":{"type":["string","null"]},"environment":{"type":["string","null"]},"trigger":{"type":"string"},"action":{"type":["string","null"],"description":"Of an operation: create, get, ..."},"priority":{"type":"integer"},"by":{"type":"string"},
"state":{"enum":["queued","paused","running","succeeded","failed","partial","cancelled"]},"attempt":{"type":"integer"},
"createdAt":{"type":"string","format":"date-time"},"startedAt":{"type":["string","null"],"format":"date-time"},"finishedAt":{"type":["string","null"],"format":"date-time"},
"dueAt":{"type":["string","null"],"format":"date-time"},"files":{"type":"integer"},"succeeded":{"type":"integer"},"failed":{"type":"integer"},"skipped":{"type":"integer"},
"bytes":{"type":"integer"},"error":{"oneOf":[{"$ref":"#/components/schemas/ErrorDocument"},{"type":"null"}]},"retryOf":{"type":["string","null"]},
"cancelRequested":{"type":"boolean"},"pauseRequested":{"type":"boolean"},"traced":{"type":"boolean","description":"What it says with its servers is kept: GET …/trace"},"worker":{"type":["string","null"],"description":"The machine that executes it"}}},
"RunFile":{"type":"object","required":["number","ok","outcome"],"properties":{"number":{"type":"integer"},"ok":{"type":"boolean"},"outcome":{"type":"string"},"source":{"type":["string","null"]},"target":{"type":["string","null"]},"bytes":{"type":"integer"},"resumed":{"type":"integer"},"proof":{"type":["string","null"]},"checksum":{"type":["string","null"]},"attempts":{"type":"integer"},"startedAt":{"type":["string","null"],"format":"date-time"},"finishedAt":{"type":["string","null"],"format":"date-time"},"attemptsDropped":{"type":"integer","description":"How many of the first ones history lacks"},
"history":{"type":"array","items":{"type":"object","required":["attempt","startedAt","finishedAt","bytes","steps","error"],"properties":{"attempt":{"type":"integer"},"startedAt":{"type":"string","format":"date-time"},"finishedAt":{"type":"string","format":"date-time"},"bytes":{"type":"integer"},
"node":{"type":"string","description":"The machine that made it"},"source":{"type":"string","description":"The address of the server that it came from"},"target":{"type":"string","description":"And of the one that it went to"},
"steps":{"type":"array","items":{"type":"object","required":["step","ok","milliseconds"],"properties":{"step":{"type":"string","description":"connect, look, directory, open, transfer, verify, preserve, publish, sync, companions, record, remove, move, metadata, clean-up"},"ok":{"type":"boolean"},"milliseconds":{"type":"integer"}}}},
"error":{"oneOf":[{"$ref":"#/components/schemas/ErrorDocument"},{"type":"null"}]}}}},
"properties":{"type":"object","additionalProperties":true},"warnings":{"type":"array","items":{"type":"string"}},"error":{"oneOf":[{"$ref":"#/components/schemas/ErrorDocument"},{"type":"null"}]},"contentUrl":{"type":["string","null"]},"content":{"type":["string","null"],"description":"base64"}}},
"Execution":{"type":"object","description":"Documents for an operation, as JSON",
"properties":{"documents":{"type":"array","items":{"type":"object","properties":{"properties":{"type":"object","additionalProperties":true,"description":"File Name, Remote Directory, or any field of the operation for this document"},"content":{"type":"string","description":"base64"},"text":{"type":"string"}}}},
"ids":{"type":"array","items":{"type":"string"},"description":"Files on the server, for get, delete and move"},"properties":{"type":"object","additionalProperties":true,"description":"Of every document"},"parameters":{"type":"object","additionalProperties":true,"description":"Values that the filter asks for"},"environment":{"type":"string"},"trace":{"type":"boolean","description":"What is said with the server is kept, secrets masked"}}},
"ExecutionResult":{"type":"object","required":["run","results"],"properties":{"run":{"$ref":"#/components/schemas/Run"},"results":{"type":"array","items":{"type":"object","additionalProperties":true},"description":"RunFile; of a list, its entries: fileName, fileType, linkPath, remoteDirectory, timestamp, path, size, modified"}}}})";

/// From the table of its fields.
json::object operation_schema() {
    json::object properties;
    for (const auto& field : catalog::operation_fields()) {
        json::object one{{"description", field.help}};
        if (field.type == "text") one["type"] = {"string", "null"};
        if (field.type == "boolean") one["type"] = {"boolean", "null"};
        if (field.type == "number") one["type"] = {"integer", "null"};
        if (field.type == "filter") one["oneOf"] = {{{"$ref", "#/components/schemas/FilterNode"}}, {{"type", "null"}}};
        if (field.type == "texts") one = {{"type", "array"}, {"items", {{"type", "string"}}}, {"description", field.help}};
        properties[field.name] = std::move(one);
    }
    properties[catalog::kWebhookSecret] = {
        {"type", {"string", "null"}}, {"writeOnly", true}, {"description", catalog::kWebhookSecretHelp}};
    properties["secretsSet"] = {{"type", "array"}, {"items", {{"type", "string"}}}, {"readOnly", true}};
    properties["warnings"] = {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/Fault"}}}, {"readOnly", true}};
    return {{"type", "object"}, {"required", json::array{"name"}}, {"properties", std::move(properties)}};
}

/// With the members of a record, which are read only.
json::object stored(json::object schema) {
    auto& properties = schema["properties"].as_object();
    for (const auto& member : parsed(kRecord)) {
        auto described = member.value();
        described.as_object()["readOnly"] = true;
        properties[member.key()] = std::move(described);
    }
    return schema;
}

/// The schema, and that of a change of it, in which no member is needed.
void add_with_change(json::object& all, std::string_view name, json::object schema) {
    schema = stored(std::move(schema));
    auto change = schema;
    change.erase("required");
    all[std::string(name) + "Change"] = std::move(change);
    all[name] = std::move(schema);
}

json::object page_of(std::string_view item) {
    return {
        {"type", "object"},
        {"required", {"items", "next"}},
        {"properties",
         {{"items", {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/" + std::string(item)}}}}},
          {"next",
           {{"type", {"string", "null"}},
            {"description", "The cursor of the next page; null: this is the last"}}}}}};
}

}  // namespace

json::object schemas() {
    auto all = parsed(kOthers);
    for (auto& member : parsed(kFiles))
        all[member.key()] = std::move(member.value());
    for (auto& [name, schema] : connection_schemas())
        all[name] = name.starts_with("Connection") ? stored(schema.as_object()) : schema.as_object();
    all["Token"] = stored(parsed(kToken));
    all["Place"] = stored(parsed(kPlace));
    add_with_change(all, "Variable", parsed(kVariable));
    for (auto& schema : parsed(kRuns))
        all[schema.key()] = std::move(schema.value());
    add_with_change(all, "Operation", operation_schema());
    all["OperationPage"] = page_of("Operation");
    add_with_change(all, "Flow", flow_schema());
    for (auto& schema : flow_schemas())
        all[schema.key()] = std::move(schema.value());
    all["FlowPage"] = page_of("Flow");
    all["FileVersionPage"] = page_of("FileVersion");
    all["RunPage"] = page_of("Run");
    all["RunFilePage"] = page_of("RunFile");
    auto found = all["RunFile"].as_object();
    for (const auto* member : {"run", "kind", "subject", "connection"})
        found["properties"].as_object()[member] = {{"type", "string"}};
    all["FoundFile"] = std::move(found);
    all["FoundFilePage"] = page_of("FoundFile");
    all["PlacePage"] = page_of("Place");
    all["VariablePage"] = page_of("Variable");
    all["UsePage"] = page_of("Use");
    for (auto& [name, schema] : monitor_schemas())
        all[name] = name == "Monitor" || name == "MonitorChange" ? stored(schema.as_object()) : schema.as_object();
    for (const auto* item : {"Monitor", "MonitorFile", "MonitorEvent", "DeadLetter"})
        all[std::string(item) + "Page"] = page_of(item);
    all["ConnectionPage"] = page_of("Connection");
    all["TokenPage"] = page_of("Token");
    all["RevisionPage"] = page_of("Revision");
    all["AuditPage"] = page_of("AuditEntry");
    return all;
}

}  // namespace fairlead::api
