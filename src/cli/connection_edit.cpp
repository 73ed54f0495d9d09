// connection edit

#include <fmt/format.h>

#include "catalog/connection_help.hpp"
#include "cli/connection.hpp"
#include "cli/edit.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

/// Takes the secrets out, which are null anyway, and gives their paths.
std::vector<std::string> leave_out_secrets(json::object& fields, catalog::Connection connection) {
    std::vector<std::string> paths;
    for (const auto& [path, secret] : catalog::secrets_of(connection)) {
        paths.push_back(path);
        const auto dot = path.find('.');
        if (dot == std::string::npos)
            fields.stable_erase(path);
        else
            fields.at(path.substr(0, dot)).as_object().stable_erase(path.substr(dot + 1));
    }
    return paths;
}

/// What was there and is not any more gets its default.
void reset_missing(const json::object& before, json::object& after) {
    for (const auto& [key, value] : before) {
        auto* now = after.if_contains(key);
        const auto* group = value.if_object();
        if (now == nullptr && group == nullptr)
            after[key] = nullptr;
        else if (now == nullptr || (now->is_null() && group != nullptr))
            reset_missing(*group, after[key].emplace_object());
        else if (group != nullptr && now->is_object())
            reset_missing(*group, now->get_object());
    }
}

Editing begin(Context& context, const std::string& name) {
    const auto stored = context.workspace().connections().get(context.options.project, name);
    Editing editing;
    editing.kind = "connection";
    editing.fields = catalog::fields_to_json(stored);
    editing.secrets = leave_out_secrets(editing.fields, stored);
    editing.help = catalog::help_of_connection;
    editing.save = [&context, stored, before = editing.fields](json::object fields) {
        reset_missing(before, fields);
        catalog::ConnectionPatch patch;
        patch.fields = std::move(fields);
        const auto saved = context.workspace().connections().update(stored.record.project, stored.name, patch,
                                                                    stored.record.revision);
        report_saved(context, saved,
                     fmt::format("Updated the connection '{}' (revision {}).", saved.connection.name,
                                 saved.connection.record.revision));
    };
    return editing;
}

}  // namespace

void add_connection_edit(CLI::App& connection, Context& context) {
    add_edit(connection, context, "connection", begin);
}

}  // namespace fairlead::cli
