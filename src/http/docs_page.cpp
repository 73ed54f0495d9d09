// The page at /docs: the OpenAPI document as HTML, for people.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "http/openapi.hpp"

namespace fairlead::http {
namespace {

namespace json = boost::json;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;text-transform:capitalize}details{border:1px solid #8884;border-radius:.4rem;margin:.4rem 0;
padding:.4rem .8rem}summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;
background:#8881;border-radius:.3rem}.method{display:inline-block;min-width:4.5rem;font-weight:700}.note{opacity:.75}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
)";

std::string text_of(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

std::string member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? text_of(value->get_string()) : std::string();
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

/// "Connection" with a link to it, or a media type.
std::string content_text(const json::object& content) {
    std::string text;
    for (const auto& [type, what] : content) {
        const auto* schema = what.as_object().if_contains("schema");
        const auto* reference = schema != nullptr ? schema->as_object().if_contains("$ref") : nullptr;
        if (reference == nullptr) {
            text += fmt::format("<code>{}</code> ", text_of(type));
            continue;
        }
        const std::string_view path(reference->get_string());
        const auto name = text_of(path.substr(path.rfind('/') + 1));
        text += fmt::format("<a href=\"#schema-{}\">{}</a> ", name, name);
    }
    return text;
}

void add_parameters(std::string& page, const json::object& operation) {
    const auto* parameters = operation.if_contains("parameters");
    if (parameters == nullptr) return;
    page += "<table><tr><th>Parameter</th><th>In</th><th></th></tr>";
    for (const auto& value : parameters->as_array()) {
        const auto& parameter = value.as_object();
        page +=
            fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>", member(parameter, "name"),
                        member(parameter, "in"), member(parameter, "description"));
    }
    page += "</table>";
}

std::string operation_text(std::string_view path, std::string_view method, const json::object& operation) {
    auto page = fmt::format(
        "<details id=\"{}\"><summary><span class=\"method\">{}</span><code>{}</code> {}</summary>",
        member(operation, "operationId"), upper(method), text_of(path), member(operation, "summary"));
    page += fmt::format("<p>{}</p>", member(operation, "description"));
    add_parameters(page, operation);
    if (const auto* body = operation.if_contains("requestBody"))
        page += fmt::format("<p>Content: {}</p>", content_text(body->at("content").as_object()));
    std::string failures;
    for (const auto& [status, value] : operation.at("responses").as_object()) {
        const auto& response = value.as_object();
        if (response.contains("$ref")) {
            failures += fmt::format(" {}", text_of(status));
            continue;
        }
        const auto* content = response.if_contains("content");
        page +=
            fmt::format("<p>{} {}: {}</p>", text_of(status), member(response, "description"),
                        content != nullptr ? content_text(content->as_object()) : std::string("no content"));
    }
    page +=
        fmt::format("<p class=\"note\">Otherwise a <a href=\"#schema-Problem\">Problem</a>:{}</p>", failures);
    const bool open = operation.contains("security");
    page += fmt::format("<pre>curl {}{}http://127.0.0.1:8480{}</pre></details>",
                        method == "get" ? std::string() : fmt::format("-X {} ", upper(method)),
                        open ? "" : "-H \"Authorization: Bearer $TOKEN\" ", text_of(path));
    return page;
}

/// One member of an object a line.
void write_indented(std::string& out, const json::value& value, const std::string& indent) {
    if (value.is_object() && !value.get_object().empty()) {
        out += "{\n";
        std::size_t left = value.get_object().size();
        for (const auto& [name, inner] : value.get_object()) {
            out += fmt::format("{}  {}: ", indent, json::serialize(json::value(name)));
            write_indented(out, inner, indent + "  ");
            out += --left > 0 ? ",\n" : "\n";
        }
        out += indent + "}";
        return;
    }
    out += json::serialize(value);
}

}  // namespace

std::string docs_page(const json::object& document) {
    const auto& info = document.at("info").as_object();
    std::map<std::string, std::string> by_tag;
    for (const auto& [path, methods] : document.at("paths").as_object())
        for (const auto& [method, operation] : methods.as_object())
            by_tag[text_of(operation.at("tags").as_array().at(0).as_string())] +=
                operation_text(path, method, operation.as_object());
    auto page = fmt::format(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>{0}</title><style>{1}</style></head><body><h1>{0} <span "
        "class=\"note\">{2}</span></h1><p>{3}</p><p>For programs: <a "
        "href=\"openapi.json\">openapi.json</a></p>",
        member(info, "title"), kStyle, member(info, "version"), member(info, "description"));
    for (const auto& [tag, operations] : by_tag)
        page += fmt::format("<h2>{}</h2>{}", tag, operations);
    page += "<h2>Documents</h2>";
    for (const auto& [name, schema] : document.at("components").at("schemas").as_object()) {
        std::string text;
        write_indented(text, schema, "");
        page += fmt::format("<details id=\"schema-{0}\"><summary>{0}</summary><pre>{1}</pre></details>",
                            text_of(name), text_of(text));
    }
    return page + "</body></html>\n";
}

}  // namespace fairlead::http
