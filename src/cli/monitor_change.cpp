// monitor create, update

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/error_json.hpp"
#include "cli/monitor.hpp"
#include "cli/secret_source.hpp"
#include "service/monitors.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct ChangeOptions {
    std::string name;
    std::string from;          ///< a JSON file with fields
    std::string place;         ///< CONNECTION:PATH
    std::string secret_variable, secret_file;
    json::object fields;       ///< what the flags say
};

/// "settleLooks" as "settle-looks".
std::string flag_of(std::string_view field) {
    std::string flag;
    for (const char c : field) {
        if (c >= 'A' && c <= 'Z') flag += '-';
        flag += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    }
    return flag;
}

void add_field(CLI::App& verb, const catalog::MonitorFieldType& described, json::object& fields) {
    const std::string name(described.field.name), help(described.field.help);
    const auto flag = "--" + flag_of(name);
    if (described.type == "boolean") {
        verb.add_flag_function(
            flag + ",!--no-" + flag_of(name), [&fields, name](std::int64_t count) { fields[name] = count > 0; }, help);
        return;
    }
    if (described.type == "texts") {
        verb.add_option_function<std::vector<std::string>>(
                flag,
                [&fields, name](const std::vector<std::string>& texts) {
                    fields[name] = json::array(texts.begin(), texts.end());
                },
                help)
            ->delimiter(name == "changes" ? ',' : '\0')
            ->allow_extra_args(false);
        return;
    }
    verb.add_option_function<std::string>(
            flag, [&fields, name](const std::string& text) { fields[name] = text; }, help)
        ->type_name(described.type == "number"     ? "N"
                    : described.type == "size"     ? "SIZE"
                    : described.type == "duration" ? "TIME"
                                                   : "TEXT");
}

void add_fields(CLI::App& verb, const std::shared_ptr<ChangeOptions>& options) {
    verb.add_option("LOC", options->place, "What to watch, as CONNECTION:PATH")->type_name("");
    for (const auto& described : catalog::monitor_fields())
        if (described.field.name != "name" && described.type != "secret")
            add_field(verb, described, options->fields);
    verb.add_option("--webhook-secret-env", options->secret_variable,
                    "The environment variable with the secret that webhooks are signed with")
        ->type_name("VARIABLE");
    verb.add_option("--webhook-secret-file", options->secret_file, "The same from a file")->type_name("FILE");
    verb.add_option("--from", options->from, "A JSON file with fields")->type_name("FILE");
}

json::object fields_of(const ChangeOptions& options) {
    json::object fields;
    if (!options.from.empty()) {
        boost::system::error_code problem;
        auto value = json::parse(text_from_file(options.from, "from"), problem);
        if (problem || !value.is_object())
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' holds no JSON object.", options.from))
                .on(options.from);
        fields = std::move(value.get_object());
        fields.erase("name");
    }
    if (!options.place.empty()) {
        const auto colon = options.place.find(':');
        if (colon == std::string::npos || colon == 0 || options.place.find("://") != std::string::npos)
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("'{}' is no place of a stored connection.", options.place))
                .hinting("write CONNECTION:PATH, such as partner:/out");
        fields["connection"] = options.place.substr(0, colon);
        fields["path"] = options.place.substr(colon + 1);
    }
    for (const auto& [name, value] : options.fields)
        fields[name] = value;
    const auto secret = [&](const Secret& given) { fields[catalog::kWebhookSecret] = given.reveal(); };
    if (!options.secret_variable.empty())
        secret(secret_from_variable(options.secret_variable, "webhook-secret-env"));
    if (!options.secret_file.empty()) secret(secret_from_file(options.secret_file, "webhook-secret-file"));
    return fields;
}

void report(Context& context, const service::SavedMonitor& saved, const std::string& sentence) {
    for (const auto& warning : saved.warnings)
        context.warn(fmt::format("{} '{}' {}", warning.field, warning.value, warning.problem));
    if (!context.options.json) return context.note(sentence);
    auto document = catalog::to_json(saved.monitor);
    document["warnings"] = to_json(saved.warnings);
    context.json(document);
}

}  // namespace

void add_monitor_create(CLI::App& monitor, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = monitor.add_subcommand("create", "Define a monitor; a daemon (serve) looks for it");
    verb->add_option("NAME", options->name, "What to call it")->required()->type_name("");
    add_fields(*verb, options);
    verb->callback([options, &context] {
        const auto saved = service::Monitors(context.workspace())
                               .create(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("The monitor '{}' was made.", saved.monitor.name));
    });
}

void add_monitor_update(CLI::App& monitor, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = monitor.add_subcommand("update", "Change fields of a monitor; the others stay");
    add_monitor_name(*verb, options->name);
    add_fields(*verb, options);
    verb->callback([options, &context] {
        const auto saved = service::Monitors(context.workspace())
                               .update(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("The monitor '{}' was changed.", saved.monitor.name));
    });
}

}  // namespace fairlead::cli
