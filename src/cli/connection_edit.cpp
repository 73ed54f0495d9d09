// connection edit

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "cli/connection.hpp"
#include "cli/editor.hpp"
#include "cli/json_text.hpp"
#include "cli/report.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kIntroduction =
    "// Change what you like, save and leave the editor. Secrets are not here: a member such as \"password\" sets a\n"
    "// new one. A member that is taken out gets its default. Leave without a change to keep everything as it is.\n";

constexpr int kMostRounds = 50;  // an editor that is a script may never get it right

/// Takes the secrets out, which are null anyway.
void leave_out_secrets(json::object& fields, catalog::Connection connection) {
    for (const auto& [path, secret] : catalog::secrets_of(connection)) {
        const auto dot = path.find('.');
        if (dot == std::string::npos)
            fields.erase(path);
        else
            fields.at(path.substr(0, dot)).as_object().erase(path.substr(dot + 1));
    }
}

/// What was there and is not any more gets its default.
void reset_missing(const json::object& before, json::object& after) {
    for (const auto& [key, value] : before) {
        auto* now = after.if_contains(key);
        if (now == nullptr) {
            if (!value.is_object())
                after[key] = nullptr;
            else
                reset_missing(value.get_object(), after[key].emplace_object());
        } else if (value.is_object() && now->is_object()) {
            reset_missing(value.get_object(), now->get_object());
        }
    }
}

std::string as_comment(const Error& error) {
    std::string text;
    const auto report = to_text(error);
    std::size_t from = 0;
    while (from < report.size()) {
        const auto to = report.find('\n', from);
        text += "// " + report.substr(from, to - from) + "\n";
        from = to == std::string::npos ? report.size() : to + 1;
    }
    return text;
}

std::string without_comments_before(const std::string& text) {
    std::size_t from = 0;
    while (text.compare(from, 2, "//") == 0) {
        const auto end = text.find('\n', from);
        if (end == std::string::npos) return "";
        from = end + 1;
    }
    return text.substr(from);
}

void edit(Context& context, const std::string& name) {
    auto& connections = context.workspace().connections();
    const auto& project = context.options.project;
    const auto stored = connections.get(project, name);
    auto fields = catalog::fields_to_json(stored);
    leave_out_secrets(fields, stored);
    const auto original = to_indented(fields);
    EditedFile file(".json");
    auto offered = std::string(kIntroduction) + original;
    std::string refused;  // what was wrong the last time: given back unchanged, it will not get better
    for (int round = 1;; ++round) {
        const auto edited = file.edit(offered);
        const auto content = without_comments_before(edited);
        if (content == original) return context.note("Nothing was changed.");
        try {
            catalog::ConnectionPatch patch;
            patch.fields = parse_relaxed(content);
            reset_missing(fields, patch.fields);
            const auto saved =
                connections.update(stored.record.project, stored.name, patch, stored.record.revision);
            return report_saved(context, saved,
                                fmt::format("Updated the connection '{}' (revision {}).", saved.connection.name,
                                            saved.connection.record.revision));
        } catch (Error& error) {
            if (error.code != ErrorCode::invalid_argument || content == refused || round == kMostRounds) {
                file.keep();
                error.hint = fmt::format("what you wrote is in {}", file.path());
                throw;
            }
            offered = as_comment(error) + content;
            refused = content;
        }
    }
}

}  // namespace

void add_connection_edit(CLI::App& connection, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = connection.add_subcommand(
        "edit", "Change a connection as JSON in $EDITOR; what is wrong is said there, and nothing is saved before it is right");
    add_connection_name(*verb, *name);
    verb->callback([name, &context] { edit(context, *name); });
}

}  // namespace fairlead::cli
