// operation create, update, edit

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>

#include "base/error_json.hpp"
#include "catalog/operation.hpp"
#include "cli/edit.hpp"
#include "cli/operation.hpp"
#include "service/operations.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct ChangeOptions {
    std::string name;
    std::string from;               ///< a JSON file with fields
    std::vector<std::string> set;   ///< FIELD=VALUE
    json::object fields;            ///< what the flags say
};

/// "remoteDirectory" as "remote-directory".
std::string flag_of(std::string_view field) {
    std::string flag;
    for (const char c : field) {
        if (c >= 'A' && c <= 'Z') flag += '-';
        flag += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    }
    return flag;
}

json::value parse_filter(const std::string& text) {
    boost::system::error_code problem;
    auto value = json::parse(text, problem);
    if (!problem) return value;
    Error error(ErrorCode::invalid_argument, "--filter is not JSON.");
    error.faults.push_back({"filter", text,
                            "must be a tree such as {\"field\":\"fileName\",\"operator\":\"wildcard\",\"value\":\"*.csv\"}"});
    throw error;
}

void add_fields(CLI::App& verb, const std::shared_ptr<ChangeOptions>& options) {
    for (const auto& field : catalog::operation_fields()) {
        const std::string name(field.name), help(field.help);
        if (name == "name") continue;
        const auto flag = name == "tags" ? std::string("--tag") : "--" + flag_of(name);
        auto* fields = &options->fields;
        if (field.type == "boolean") {
            verb.add_flag_function(
                flag + ",!--no-" + flag_of(name), [fields, name](std::int64_t count) { (*fields)[name] = count > 0; },
                help);
        } else if (field.type == "texts") {
            verb.add_option_function<std::vector<std::string>>(
                flag,
                [fields, name](const std::vector<std::string>& texts) {
                    (*fields)[name] = json::array(texts.begin(), texts.end());
                },
                help);
        } else {
            const bool filter = field.type == "filter";
            verb.add_option_function<std::string>(
                    flag,
                    [fields, name, filter](const std::string& text) {
                        (*fields)[name] = filter ? parse_filter(text) : json::value(text);
                    },
                    help)
                ->type_name(filter ? "JSON" : field.type == "number" ? "N" : "TEXT");
        }
    }
    verb.add_option("--from", options->from, "A JSON file with fields; - for standard input")->type_name("FILE");
    verb.add_option("--set", options->set, "Any field by its name in JSON, such as maximumCount=10")
        ->type_name("FIELD=VALUE")
        ->take_all()
        ->allow_extra_args(false);
}

std::string read_all(const std::string& file) {
    if (file == "-") {
        std::string text;
        char buffer[4096];
        for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;)
            text.append(buffer, count);
        return text;
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw Error(ErrorCode::not_found, fmt::format("The file '{}' cannot be read.", file)).on(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

json::object fields_of(const ChangeOptions& options) {
    json::object fields;
    if (!options.from.empty()) {
        boost::system::error_code problem;
        auto value = json::parse(read_all(options.from), problem);
        if (problem || !value.is_object())
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' holds no JSON object.", options.from))
                .on(options.from);
        fields = std::move(value.get_object());
        fields.erase("name");
    }
    for (const auto& [name, value] : options.fields)
        fields[name] = value;
    for (const auto& assignment : options.set) {
        auto [name, value] = split_assignment(assignment, "set");
        if (name == "filter")
            fields[name] = parse_filter(value);
        else
            fields[name] = std::move(value);
    }
    return fields;
}

void report(Context& context, const service::SavedOperation& saved, const std::string& sentence) {
    for (const auto& warning : saved.warnings)
        context.warn(fmt::format("{} '{}' {}", warning.field, warning.value, warning.problem));
    if (!context.options.json) return context.note(sentence);
    auto document = catalog::to_json(saved.operation);
    document["warnings"] = to_json(saved.warnings);
    context.json(document);
}

}  // namespace

void add_operation_create(CLI::App& operation, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = operation.add_subcommand("create", "Define an operation");
    verb->add_option("NAME", options->name, "What to call it")->required()->type_name("");
    add_fields(*verb, options);
    verb->callback([options, &context] {
        service::Operations operations(context.workspace());
        const auto saved = operations.create(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("Operation '{}' was made.", saved.operation.name));
    });
}

void add_operation_update(CLI::App& operation, Context& context) {
    auto options = std::make_shared<ChangeOptions>();
    auto* verb = operation.add_subcommand("update", "Change fields of an operation; the others stay");
    add_operation_name(*verb, options->name);
    add_fields(*verb, options);
    verb->callback([options, &context] {
        service::Operations operations(context.workspace());
        const auto saved = operations.update(context.options.project, options->name, fields_of(*options));
        report(context, saved, fmt::format("Operation '{}' was changed.", saved.operation.name));
    });
}

void add_operation_edit(CLI::App& operation, Context& context) {
    add_edit(operation, context, "operation", [](Context& c, const std::string& name) {
        const auto stored = service::Operations(c.workspace()).get(c.options.project, name);
        Editing editing;
        editing.kind = "operation";
        editing.fields = catalog::fields_to_json(stored);
        editing.help = [](const std::string& path) {
            const auto field = std::ranges::find(catalog::operation_fields(), path, &catalog::OperationField::name);
            return field != catalog::operation_fields().end() ? field->help : std::string_view();
        };
        editing.save = [&c, stored](const json::object& fields) {
            const auto saved = service::Operations(c.workspace())
                                   .update(stored.record.project, stored.name, fields, true, stored.record.revision);
            report(c, saved, fmt::format("Operation '{}' was changed.", saved.operation.name));
        };
        return editing;
    });
}

}  // namespace fairlead::cli
