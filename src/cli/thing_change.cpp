#include "cli/thing_change.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <iostream>
#include <iterator>
#include <vector>

#include "catalog/field_json.hpp"
#include "catalog/kinds.hpp"
#include "catalog/receivers.hpp"
#include "cli/json_text.hpp"
#include "cli/secret_source.hpp"
#include "cli/thing_verbs.hpp"
#include "service/things.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using catalog::Kind;

struct ChangeOptions {
    std::string name;
    std::string from;                         ///< a JSON file with fields
    std::vector<std::string> set;             ///< FIELD=VALUE
    std::function<void(json::object&)> laid;  ///< what the kind's own flags say
    std::string secret_variable, secret_file;
};

std::shared_ptr<ChangeOptions> add_change(CLI::App& verb, const AddFieldFlags& flags) {
    auto options = std::make_shared<ChangeOptions>();
    options->laid = flags(verb);
    verb.add_option("--webhook-secret-env", options->secret_variable,
                    "The environment variable with the secret that webhooks are signed with")
        ->type_name("VARIABLE");
    verb.add_option("--webhook-secret-file", options->secret_file, "The same from a file")->type_name("FILE");
    verb.add_option("--from", options->from, "A JSON file with fields (comments are allowed); - for standard input")
        ->type_name("FILE");
    verb.add_option("--set", options->set, "Any field by its name in JSON, such as limits.files=100")
        ->type_name("FIELD=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    return options;
}

/// An object or a list, if it is one; else the text: every number and boolean may be a text that holds it.
json::value value_of(const std::string& text) {
    if (text.starts_with('{') || text.starts_with('[')) {
        boost::system::error_code problem;
        auto value = json::parse(text, problem);
        if (!problem) return value;
    }
    return json::value(text);
}

json::object fields_of(const ChangeOptions& options) {
    json::object fields;
    if (options.from == "-")
        fields = parse_relaxed({std::istreambuf_iterator<char>(std::cin), {}});
    else if (!options.from.empty())
        fields = parse_relaxed(text_from_file(options.from, "from"));
    fields.erase("name");
    options.laid(fields);
    const auto secret = [&](const Secret& given) { fields[catalog::kWebhookSecret] = given.reveal(); };
    if (!options.secret_variable.empty()) secret(secret_from_variable(options.secret_variable, "webhook-secret-env"));
    if (!options.secret_file.empty()) secret(secret_from_file(options.secret_file, "webhook-secret-file"));
    for (const auto& assignment : options.set) {
        const auto [name, value] = split_assignment(assignment, "set");
        put_field(fields, name, value_of(value));
    }
    return fields;
}

/// "remoteDirectory" as "remote-directory".
std::string flag_of(std::string_view field) {
    std::string flag;
    for (const char c : field) {
        if (c >= 'A' && c <= 'Z') flag += '-';
        flag += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    }
    return flag;
}

json::value filter_of(const std::string& flag, const std::string& text) {
    boost::system::error_code problem;
    auto value = json::parse(text, problem);
    if (!problem) return value;
    Error error(ErrorCode::invalid_argument, fmt::format("--{} is not JSON.", flag));
    error.faults.push_back(
        {flag, text, "must be a tree such as {\"field\":\"fileName\",\"operator\":\"wildcard\",\"value\":\"*.csv\"}"});
    throw error;
}

/// Without the record, as a user writes them.
json::object fields_of(const catalog::Resource& resource) {
    json::object fields;
    for (const auto& [key, value] : catalog::row_of(resource.kind).document(resource))
        if (!catalog::is_record_member(key)) fields[key] = value;
    return fields;
}

}  // namespace

void add_thing_create(CLI::App& parent, Context& context, Kind kind, const std::string& help,
                      const AddFieldFlags& flags) {
    auto* verb = parent.add_subcommand("create", help);
    auto name = std::make_shared<std::string>();
    verb->add_option("NAME", *name, "What to call it")->required()->type_name("");
    verb->callback([name, kind, &context, options = add_change(*verb, flags)] {
        service::Things things(context.workspace());
        const auto made = things.create(kind, context.options.project, *name, fields_of(*options));
        report_change(context, made, fmt::format("The {} '{}' was made.", to_string(kind), made.resource.name));
    });
}

void add_thing_update(CLI::App& parent, Context& context, Kind kind, const AddFieldFlags& flags) {
    auto* verb = parent.add_subcommand("update", fmt::format("Change fields of {}; the others stay", with_article(kind)));
    auto name = std::make_shared<std::string>();
    add_thing_name(*verb, kind, *name);
    verb->callback([name, kind, &context, options = add_change(*verb, flags)] {
        service::Things things(context.workspace());
        const auto changed = things.update(kind, context.options.project, *name, fields_of(*options));
        report_change(context, changed, fmt::format("The {} '{}' was changed.", to_string(kind), changed.resource.name));
    });
}

void add_thing_edit(CLI::App& parent, Context& context, Kind kind, const FieldHelp& help) {
    const std::string word(to_string(kind));
    add_edit(parent, context, word, [kind, word, help](Context& c, const std::string& name) {
        const auto stored = service::Things(c.workspace()).get(kind, c.options.project, name);
        Editing editing;
        editing.kind = word;
        editing.fields = fields_of(stored);
        for (const auto field : catalog::row_of(kind).secrets)
            editing.secrets.emplace_back(field);
        editing.help = help;
        editing.save = [&c, kind, word, stored](const json::object& fields) {
            const auto& record = stored.record;
            const auto changed =
                service::Things(c.workspace()).update(kind, record.project, stored.name, fields, true, record.revision);
            report_change(c, changed, fmt::format("The {} '{}' was changed.", word, changed.resource.name));
        };
        return editing;
    });
}

void add_field_flag(CLI::App& verb, std::string_view name, std::string_view type, const std::string& help,
                    json::object& fields) {
    const std::string field(name);
    auto* into = &fields;
    const auto word = flag_of(field);
    if (type == "boolean") {
        verb.add_flag_function(
            fmt::format("--{0},!--no-{0}", word), [into, field](std::int64_t count) { (*into)[field] = count > 0; }, help);
    } else if (type == "texts") {
        verb.add_option_function<std::vector<std::string>>(
                field == "tags" ? "--tag,--tags" : "--" + word,
                [into, field](const std::vector<std::string>& texts) {
                    (*into)[field] = json::array(texts.begin(), texts.end());
                },
                help)
            ->delimiter(field == "changes" || field == "retryErrors" ? ',' : '\0')
            ->allow_extra_args(false);
    } else {
        const bool filter = type == "filter";
        verb.add_option_function<std::string>(
                "--" + word,
                [into, field, filter, word](const std::string& text) {
                    (*into)[field] = filter ? filter_of(word, text) : json::value(text);
                },
                help)
            ->type_name(filter               ? "JSON"
                        : type == "number"   ? "N"
                        : type == "size"     ? "SIZE"
                        : type == "duration" ? "TIME"
                                             : "TEXT");
    }
}

void put_field(json::object& fields, std::string_view path, json::value value) {
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) {
        fields[path] = std::move(value);
        return;
    }
    auto& inner = fields[path.substr(0, dot)];
    if (!inner.is_object()) inner.emplace_object();
    put_field(inner.get_object(), path.substr(dot + 1), std::move(value));
}

void merge_fields(json::object& base, const json::object& over) {
    for (const auto& [key, value] : over) {
        auto& there = base[key];
        if (there.is_object() && value.is_object())
            merge_fields(there.get_object(), value.get_object());
        else
            there = value;
    }
}

std::pair<std::string, std::string> split_assignment(const std::string& text, const std::string& flag) {
    const auto sign = text.find('=');
    if (sign != std::string::npos && sign > 0) return {text.substr(0, sign), text.substr(sign + 1)};
    Error error(ErrorCode::invalid_argument, fmt::format("--{} '{}' assigns nothing.", flag, text));
    error.faults.push_back({flag, text, "must be NAME=VALUE"});
    throw error;
}

}  // namespace fairlead::cli
