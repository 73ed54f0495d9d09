// connection list, show

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <map>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "catalog/variables.hpp"
#include "cli/connection.hpp"
#include "cli/table.hpp"
#include "service/places.hpp"
#include "service/usage.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Connection;

struct ListOptions {
    bool names_only = false;
    store::ResourceQuery query;
};

std::string port_text(const Connection& c) {
    return catalog::has_variables(c.port) ? c.port : std::to_string(catalog::port_of(c));
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// All of them, or, with --limit, one page.
std::vector<Connection> listed(Context& context, const ListOptions& options) {
    auto& connections = context.workspace().connections();
    auto query = options.query;
    if (query.limit != 0) {
        auto page = connections.page(context.options.project, query);
        if (!page.next.empty()) context.note(fmt::format("There are more; go on with --after '{}'.", page.next));
        return std::move(page.connections);
    }
    std::vector<Connection> all;
    query.limit = 1000;
    do {
        auto page = connections.page(context.options.project, query);
        std::ranges::move(page.connections, std::back_inserter(all));
        query.after = page.next;
    } while (!query.after.empty());
    return all;
}

void list(Context& context, const ListOptions& options) {
    const auto connections = listed(context, options);
    if (context.options.json) {
        json::array documents;
        for (const auto& connection : connections)
            documents.push_back(catalog::to_json(connection));
        return context.json(documents);
    }
    const bool filtered = !options.query.text.empty() || !options.query.tag.empty() || options.query.enabled;
    if (connections.empty())
        return context.note(
            filtered ? "No connection is like that."
                     : fmt::format("There are no connections in the project '{}' yet; see: fairlead connection "
                                   "create --help",
                                   context.options.project));
    Table table({"NAME", "PROTOCOL", "HOST", "PORT", "USERNAME", "DIRECTORY", "STATE", "TAGS", "DESCRIPTION"});
    for (const auto& c : connections) {
        const bool implicit = c.protocol == Protocol::ftps && c.tls.mode == TlsOptions::Mode::implicit;
        table.add({c.name, fmt::format("{}{}", to_string(c.protocol), implicit ? " implicit" : ""), c.host,
                   port_text(c), c.username, c.working_directory, c.enabled ? "enabled" : "disabled",
                   joined(c.tags), c.description});
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
    auto& connections = context.workspace().connections();
    const auto connection = connections.get(context.options.project, name);
    const auto users = connections.users(context.options.project, name);
    auto document = catalog::to_json(connection);
    if (context.options.json) {
        json::array used_by;
        for (const auto& user : users)
            used_by.push_back(
                {{"kind", catalog::to_string(user.kind)}, {"project", user.record.project}, {"name", user.name}});
        document["usedBy"] = std::move(used_by);
        return context.json(document);
    }
    print_fields(context, document, "");
    if (connection.protocol == Protocol::ftps) print_fields(context, document.at("tls").as_object(), "tls.");
    if (connection.protocol == Protocol::sftp)
        print_fields(context, document.at("sftp").as_object(), "sftp.");
    else
        print_fields(context, document.at("ftp").as_object(), "ftp.");
    if (!users.empty())
        context.print(fmt::format("{:<26} {}", "used by", service::sentence_of(users, connection.record.project)));
}

json::object preview_to_json(const service::Preview& preview) {
    json::object replaced;
    for (const auto& [field, shown] : preview.replaced)
        replaced[field] = shown;
    return {{"environment", preview.environment.empty() ? json::value(nullptr) : json::value(preview.environment)},
            {"ok", preview.faults.empty()},
            {"replaced", std::move(replaced)},
            {"fields", catalog::fields_to_json(preview.connection)},
            {"faults", to_json(preview.faults)}};
}

/// One column for each environment, one row for each field that holds variables or is wrong there.
void print_previews(Context& context, const std::vector<service::Preview>& previews) {
    std::vector<std::string> headings{"FIELD"};
    std::map<std::string, std::vector<std::string>> rows;
    for (const auto& field : {"host", "port", "username", "workingDirectory"})
        rows[field];
    for (const auto& preview : previews) {
        headings.push_back(preview.environment.empty() ? "(none)" : preview.environment);
        for (const auto& [field, shown] : preview.replaced)
            rows[field];
        for (const auto& fault : preview.faults)
            rows[fault.field];
    }
    for (const auto& preview : previews) {
        const auto& c = preview.connection;
        const std::map<std::string, std::string> texts(preview.replaced.begin(), preview.replaced.end());
        for (auto& [field, cells] : rows) {
            const auto fault = std::ranges::find(preview.faults, field, &Fault::field);
            if (const auto text = texts.find(field); fault == preview.faults.end() && text != texts.end())
                cells.push_back(text->second);
            else if (fault != preview.faults.end())
                cells.push_back("(!)");
            else
                cells.push_back(field == "host"               ? c.host
                                : field == "port"             ? port_text(c)
                                : field == "username"         ? c.username
                                : field == "workingDirectory" ? c.working_directory
                                                              : "");
        }
    }
    Table table(headings);
    for (const auto& [field, cells] : rows) {
        std::vector<std::string> row{field};
        row.insert(row.end(), cells.begin(), cells.end());
        table.add(std::move(row));
    }
    context.out(table.text(context.width()));
    for (const auto& preview : previews)
        for (const auto& fault : preview.faults)
            context.print(fmt::format("(!) {}: {} {}",
                                      preview.environment.empty() ? "no environment" : preview.environment,
                                      fault.field, to_printable(fault.problem)));
}

void show_resolved(Context& context, const std::string& name) {
    auto& workspace = context.workspace();
    std::vector<std::string> environments;
    const auto& chosen = context.options.environment;
    if (!chosen.empty() && chosen != "all") {
        environments.push_back(chosen);
    } else {
        if (chosen.empty()) environments.emplace_back();
        for (const auto& environment : workspace.environments().list())
            environments.push_back(environment.name);
    }
    auto& connections = workspace.connections();
    const auto stored = connections.get(context.options.project, name);
    const auto previews = connections.preview(context.options.project, name, environments);
    if (!context.options.json) return print_previews(context, previews);
    json::array documents;
    for (const auto& preview : previews)
        documents.push_back(preview_to_json(preview));
    context.json(json::object{{"name", stored.name}, {"environments", std::move(documents)}});
}

}  // namespace

void add_connection_list(CLI::App& connection, Context& context) {
    auto* verb = connection.add_subcommand("list", "List the connections of the project and the global ones");
    auto options = std::make_shared<ListOptions>();
    verb->add_flag("--names", options->names_only, "Only the names, one per line");
    verb->add_option("--search", options->query.text, "Only those with this in the name")->type_name("TEXT");
    verb->add_option("--tag", options->query.tag, "Only those with this tag")->type_name("TAG");
    verb->add_flag_function(
        "--enabled,!--disabled", [options](std::int64_t count) { options->query.enabled = count > 0; },
        "Only those that are enabled, or that are not");
    verb->add_option("--limit", options->query.limit, "Only so many; how to go on is said on standard error")
        ->type_name("N");
    verb->add_option("--after", options->query.after, "Go on after an earlier page")->type_name("CURSOR");
    verb->callback([options, &context] {
        if (!options->names_only) return list(context, *options);
        for (const auto& name : context.workspace().connections().names(context.options.project))
            context.print(name);
    });
}

void add_connection_show(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto resolved = std::make_shared<bool>(false);
    auto* verb = connection.add_subcommand("show", "Show what is saved, without secrets");
    add_connection_name(*verb, *name);
    verb->add_flag("--resolved", *resolved,
                   "Show what the fields become once their variables are replaced, in each environment, or in the "
                   "one of --environment");
    verb->callback([name, resolved, &context] {
        if (*resolved) return show_resolved(context, *name);
        show(context, *name);
    });
}

}  // namespace fairlead::cli
