#include "api/v1/execution_input.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <filesystem>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "base/base64.hpp"
#include "base/near.hpp"
#include "fairlead/open.hpp"
#include "http/multipart.hpp"
#include "transfer/failure.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Properties;
using http::Request;

constexpr std::size_t kMostText = 64 * 1024;        // of a field of a form
constexpr std::string_view kParameter = "parameter.";

/// A value of JSON as the text that a property is.
std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    return value.is_null() ? std::string() : json::serialize(value);
}

void add(Properties& properties, const json::object& given) {
    for (const auto& [name, value] : given)
        if (!value.is_null()) properties.set(name, text_of(value));
}

Properties joined(const Properties& common, const Properties& own) {
    auto all = common;
    for (const auto& [name, value] : own.to_json())
        all.set(name, text_of(value));
    return all;
}

/// What one document and all of them are described with.
struct Form {
    Properties common;
    std::vector<std::pair<std::string, Properties>> documents;  // path of the content, and its properties
    Wanted wanted;
};

void require_property(const std::string& name) {
    std::vector<std::string> known{"environment", "trace", "File Name", "ID"};
    for (const auto& field : catalog::operation_fields()) {
        Properties one{{std::string(field.name), "x"}};
        if (one.has(name)) return;
        known.emplace_back(field.name);
    }
    const auto close = nearest(name, known);
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is no property of a document.", name));
    error.faults.push_back({name, "", close.empty() ? "is not known here" : "is not known; did you mean " + close + "?"});
    throw error;
}

/// environment, trace, parameter.NAME, or a property of every document.
void assign(Form& form, const std::string& name, const std::string& value) {
    if (name == "environment") {
        form.wanted.environment = value;
    } else if (name == "trace") {
        if (value != "true" && value != "false") {
            Error error(ErrorCode::invalid_argument, "trace is true or false.");
            error.faults.push_back({"trace", value, "must be true or false"});
            throw error;
        }
        form.wanted.trace = value == "true";
    } else if (name.starts_with(kParameter)) {
        form.wanted.parameters[name.substr(kParameter.size())] = value;
    } else {
        require_property(name);
        form.common.set(name, value);
    }
}

awaitable<std::string> put_text(Spool& spool, std::string text) {
    bool given = false;
    return spool.put([text = std::move(text), given]() mutable -> awaitable<http::Bytes> {
        if (std::exchange(given, true)) co_return http::Bytes{};
        const auto* begin = reinterpret_cast<const std::byte*>(text.data());
        co_return http::Bytes(begin, begin + text.size());
    });
}

/// {"properties", "parameters", "environment", "trace", "ids", "documents": [{"properties", "content" (base64) | "text"}]}
awaitable<void> read_document(json::object document, Form& form, Spool& spool) {
    Fields fields(std::move(document));
    add(form.common, fields.object("properties"));
    for (const auto& [name, value] : fields.object("parameters"))
        form.wanted.parameters[std::string(name)] = text_of(value);
    if (const auto environment = fields.text("environment")) form.wanted.environment = *environment;
    if (const auto trace = fields.truth("trace")) form.wanted.trace = *trace;
    for (const auto& id : fields.array("ids")) {
        if (!id.is_string()) fields.wrong("ids", "must be a list of texts");
        form.documents.emplace_back("", Properties{{"fileName", text_of(id)}});
    }
    std::vector<std::pair<std::size_t, std::string>> contents;  // by place among the documents
    std::size_t place = 0;
    for (const auto& one : fields.array("documents")) {
        const auto path = fmt::format("documents[{}]", place++);
        if (!one.is_object()) {
            fields.wrong(path, "must be an object with properties, and content (base64) or text");
            continue;
        }
        Properties properties;
        for (const auto& [name, value] : one.get_object()) {
            if (name == "properties" && value.is_object()) {
                add(properties, value.get_object());
            } else if (name == "text" && value.is_string()) {
                contents.emplace_back(form.documents.size(), std::string(value.get_string()));
            } else if (name == "content" && value.is_string()) {
                auto bytes = from_base64(text_of(value));
                if (!bytes) fields.wrong(path + ".content", "must be base64");
                contents.emplace_back(form.documents.size(), bytes.value_or(""));
            } else if (!value.is_null()) {
                fields.wrong(path + "." + std::string(name), "must be properties (an object), content or text");
            }
        }
        form.documents.emplace_back("", std::move(properties));
    }
    fields.done();
    for (auto& [document_place, bytes] : contents) {
        auto content = co_await put_text(spool, std::move(bytes));
        form.documents[document_place].first = std::move(content);
    }
}

/// Parts with a file name are documents; others are what their name says, or, called "request", the JSON above.
awaitable<void> read_parts(http::Multipart multipart, Form& form, Spool& spool) {
    for (;;) {
        const auto part = co_await multipart.next();
        if (!part) co_return;
        const auto disposition = part->header("content-disposition");
        const auto name = http::header_parameter(disposition, "name").value_or("");
        const auto file = http::header_parameter(disposition, "filename");
        const auto type = part->header("content-type");
        if (!file && name == "request") {
            const auto text = co_await multipart.text(kMostText);
            co_await read_document(parse_json(text), form, spool);
        } else if (!file && !name.empty() && (type.empty() || type.starts_with("text/plain"))) {
            const auto text = co_await multipart.text(kMostText);
            assign(form, name, text);
        } else {
            Properties properties;
            if (file && !file->empty()) properties.set("fileName", *file);
            for (const auto& [key, value] : part->headers)
                if (key == "fairlead-properties") add(properties, parse_json(value));
            auto content = co_await spool.put([&multipart] { return multipart.read(); });
            form.documents.emplace_back(std::move(content), std::move(properties));
        }
    }
}

awaitable<void> read_raw(Request& request, Form& form, Spool& spool) {
    Properties properties;
    const auto disposition = request.header("content-disposition").value_or("");
    if (const auto file = http::header_parameter(disposition, "filename")) properties.set("fileName", *file);
    auto content = co_await spool.put([&request] { return request.body->read(); });
    form.documents.emplace_back(std::move(content), std::move(properties));
}

/// Without a type it is what the operation can use.
bool is_json(std::string_view type, bool takes_content) {
    if (type.empty()) return !takes_content;
    return type.starts_with("application/json") || type.starts_with("text/json");
}

}  // namespace

Spool::~Spool() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove_all(folder_, ignored);
}

awaitable<std::string> Spool::put(std::function<awaitable<http::Bytes>()> next) {
    std::filesystem::create_directories(folder_ + "/in");
    auto path = fmt::format("{}/in/{}", folder_, count_++);
    const auto files = open_local("/");
    const auto stream = co_await files->open_write(path);
    const auto fill = [&]() -> awaitable<void> {
        for (;;) {
            const auto piece = co_await next();
            if (piece.empty()) break;
            co_await stream->write(piece);
        }
        co_await stream->finish();
    };
    const auto failure = co_await transfer::caught(fill());
    if (!failure) co_return path;
    (void)co_await transfer::caught(stream->abort());
    throw Error(*failure);
}

awaitable<Wanted> read_wanted(Request& request, const catalog::Operation& operation, Spool& spool) {
    const bool takes = catalog::takes_content(operation.action);
    Form form;
    for (const auto& [name, value] : request.query)
        assign(form, name, value);
    const auto type = request.header("content-type").value_or("");
    const auto boundary = http::multipart_boundary(type);
    if (boundary) {
        co_await read_parts(http::Multipart(*request.body, *boundary), form, spool);
    } else if (is_json(type, takes)) {
        auto document = co_await json_of(request);
        co_await read_document(std::move(document), form, spool);
    } else if (!request.body->empty()) {
        co_await read_raw(request, form, spool);
    }
    for (auto& [content, properties] : form.documents) {
        if (!content.empty() && !takes)
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("The operation '{}' ({}) takes no content.", operation.name,
                                    catalog::to_string(operation.action)))
                .hinting(R"(send JSON: {"ids": ["a.csv"]}, or {"properties": {}})");
        form.wanted.inputs.push_back({std::move(content), joined(form.common, properties)});
    }
    if (form.wanted.inputs.empty() && takes)
        throw Error(ErrorCode::invalid_argument, "There is no document to store.")
            .hinting("send its content as the body (with ?fileName=), as multipart, or as JSON: "
                     R"({"documents": [{"properties": {"fileName": "a.txt"}, "text": "..."}]})");
    if (form.wanted.inputs.empty()) form.wanted.inputs.push_back({{}, form.common});
    co_return std::move(form.wanted);
}

std::vector<http::RouteNotes::Parameter> execution_parameters() {
    std::vector<http::RouteNotes::Parameter> all{
        {"environment", "In which variables are looked up"},
        {"trace", "true: what is said with the server is kept, secrets masked, for GET …/runs/{id}/trace", "boolean"},
        {"Prefer", "respond-async: answer 202 at once, with the run's address in Location", "string", true},
        {"Accept", "application/json, multipart/mixed, application/zip, or application/octet-stream for one document",
         "string", true}};
    for (const auto& field : catalog::operation_fields()) {
        if (field.name == "name" || field.name == "description" || field.name == "enabled" || field.name == "tags" ||
            field.name == "action" || field.name == "connection" || field.name == "filter")
            continue;
        all.push_back({std::string(field.name), fmt::format("For every document: {}", field.help)});
    }
    return all;
}

}  // namespace fairlead::api
