// connection list, show, history

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"
#include "catalog/connection_resource.hpp"
#include "cli/connection.hpp"
#include "cli/table.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Connection;

void list(Context& context) {
    const auto connections = context.workspace().connections().list(context.options.project);
    if (context.options.json) {
        json::array documents;
        for (const auto& connection : connections)
            documents.push_back(catalog::to_json(connection));
        return context.json(documents);
    }
    if (connections.empty())
        return context.note(fmt::format(
            "There are no connections in the project '{}' yet; see: fairlead connection create --help",
            context.options.project));
    Table table({"NAME", "PROTOCOL", "HOST", "PORT", "USERNAME", "DIRECTORY", "STATE", "DESCRIPTION"});
    for (const auto& c : connections) {
        const bool implicit = c.protocol == Protocol::ftps && c.tls.mode == TlsOptions::Mode::implicit;
        table.add({c.name, fmt::format("{}{}", to_string(c.protocol), implicit ? " implicit" : ""), c.host,
                   std::to_string(catalog::port_of(c)), c.username, c.working_directory,
                   c.enabled ? "enabled" : "disabled", c.description});
    }
    context.out(table.text(context.width()));
}

std::string value_text(const json::value& value) {
    if (const auto* text = value.if_string()) return to_printable(std::string_view(*text));
    if (const auto* flag = value.if_bool()) return *flag ? "yes" : "no";
    if (const auto* items = value.if_array()) {
        std::string text;
        for (const auto& item : *items)
            text += (text.empty() ? "" : ", ") + value_text(item);
        return text;
    }
    return json::serialize(value);
}

bool is_shown(const json::value& value) {
    return !value.is_null() && !(value.is_string() && value.get_string().empty()) &&
           !(value.is_array() && value.get_array().empty());
}

void print_fields(Context& context, const json::object& fields, const std::string& prefix) {
    for (const auto& [key, value] : fields) {
        const auto path = prefix + std::string(key);
        if (value.is_object()) continue;
        const bool lines = value.is_string() && value.get_string().find('\n') != json::string::npos;
        if (is_shown(value))
            context.print(fmt::format("{:<26} {}", path, lines ? "(PEM)" : value_text(value)));
    }
}

void show(Context& context, const std::string& name) {
    const auto connection = context.workspace().connections().get(context.options.project, name);
    const auto document = catalog::to_json(connection);
    if (context.options.json) return context.json(document);
    print_fields(context, document, "");
    if (connection.protocol == Protocol::ftps) print_fields(context, document.at("tls").as_object(), "tls.");
    if (connection.protocol == Protocol::sftp)
        print_fields(context, document.at("sftp").as_object(), "sftp.");
    else
        print_fields(context, document.at("ftp").as_object(), "ftp.");
}

void history(Context& context, const std::string& name) {
    const auto revisions = context.workspace().connections().history(context.options.project, name);
    if (context.options.json) {
        json::array documents;
        for (const auto& r : revisions)
            documents.push_back(
                {{"revision", r.number},
                 {"change", store::to_string(r.change)},
                 {"name", r.resource.name},
                 {"at", to_rfc3339(r.resource.record.updated_at)},
                 {"by", r.resource.record.updated_by},
                 {"fields", catalog::fields_to_json(catalog::connection_of(r.resource))},
                 {"changedSecrets", json::array(r.changed_secrets.begin(), r.changed_secrets.end())}});
        return context.json(documents);
    }
    Table table({"REVISION", "CHANGE", "NAME", "AT", "BY"});
    for (const auto& r : revisions)
        table.add({std::to_string(r.number), std::string(store::to_string(r.change)), r.resource.name,
                   to_rfc3339(r.resource.record.updated_at), r.resource.record.updated_by});
    context.out(table.text(context.width()));
}

}  // namespace

void add_connection_list(CLI::App& connection, Context& context) {
    auto* verb = connection.add_subcommand("list", "List the connections of the project and the global ones");
    auto names_only = std::make_shared<bool>(false);
    verb->add_flag("--names", *names_only, "Only the names, one per line");
    verb->callback([names_only, &context] {
        if (!*names_only) return list(context);
        for (const auto& name : context.workspace().connections().names(context.options.project))
            context.print(name);
    });
}

void add_connection_show(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand("show", "Show what is saved, without secrets");
    add_connection_name(*verb, *name);
    verb->callback([name, &context] { show(context, *name); });
}

void add_connection_history(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand("history", "List the changes of a connection, newest first");
    add_connection_name(*verb, *name);
    verb->callback([name, &context] { history(context, *name); });
}

}  // namespace fairlead::cli
