// flow list, show, files, reset

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "catalog/flow.hpp"
#include "cli/flow.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/json_text.hpp"
#include "service/flows.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

std::string place_text(const std::string& connection, const std::string& path) {
    return connection.empty() ? path : connection + ":" + path;
}

void list_flows(Context& context) {
    const auto found = service::Flows(context.workspace()).list(context.options.project);
    if (context.options.json) {
        json::array documents;
        for (const auto& flow : found)
            documents.push_back(catalog::to_json(flow));
        return context.json(documents);
    }
    if (found.empty()) return context.note("There are no flows.");
    for (const auto& flow : found) {
        std::string targets;
        for (const auto& target : flow.targets)
            targets += (targets.empty() ? "" : ", ") + place_text(target.connection, target.path);
        context.print(fmt::format("{}\t{}\t{}{}", flow.name, place_text(flow.source.connection, flow.source.path), targets,
                                  flow.enabled ? "" : "\tdisabled"));
    }
}

struct FilesOptions {
    std::string name, path;
    std::vector<std::string> states;
    std::size_t limit = 100;
    bool all = false;
};

std::vector<catalog::VersionState> states_of(const FilesOptions& options) {
    std::vector<catalog::VersionState> states;
    for (const auto& word : options.states)
        states.push_back(catalog::parse_version_state(word));
    return states;
}

std::string described(const catalog::FileVersion& version) {
    std::string state(catalog::to_string(version.state));
    if (version.state == catalog::VersionState::delivered) state = "delivered, clean-up pending";
    auto line = fmt::format("{}\t{}\t{}\t{}", to_rfc3339(version.seen_at), state, to_printable(version.path),
                            version.size ? format_size(*version.size) : "-");
    for (const auto& delivery : version.deliveries) {
        line += fmt::format("\t{}: {}", delivery.target, catalog::to_string(delivery.state));
        if (delivery.state == catalog::DeliveryState::delivered) line += " as " + to_printable(delivery.path);
    }
    if (!version.reason.empty()) line += "\t(" + to_printable(version.reason) + ")";
    if (version.error) line += "\t" + to_printable(version.error->message);
    return line;
}

void show_files(const FilesOptions& options, Context& context) {
    service::Flows flows(context.workspace());
    store::VersionQuery query;
    query.states = states_of(options);
    query.path = options.path;
    query.limit = options.limit;
    const auto found = flows.files(context.options.project, options.name, query);
    if (context.options.json) {
        json::array documents;
        for (const auto& version : found)
            documents.push_back(catalog::to_json(version));
        return context.json(documents);
    }
    if (found.empty()) return context.note("Nothing is known of such files.");
    for (const auto& version : found)
        context.print(described(version));
}

void reset_files(const FilesOptions& options, Context& context) {
    if (options.path.empty() && options.states.empty() && !options.all)
        throw Error(ErrorCode::invalid_argument, "Say what to reset.")
            .hinting("--path PATH for one file, --state STATE, or --all");
    store::VersionQuery query;
    query.states = states_of(options);
    query.path = options.path;
    const auto count = service::Flows(context.workspace()).reset(context.options.project, options.name, query);
    if (context.options.json) return context.json(json::object{{"reset", count}});
    context.note(fmt::format("{} version{} forgotten; what is there counts as new.", count, count == 1 ? " was" : "s were"));
}

void add_selection(CLI::App& verb, const std::shared_ptr<FilesOptions>& options) {
    add_thing_name(verb, catalog::Kind::flow, options->name);
    verb.add_option("--path", options->path, "One file, by its path on the source")->type_name("PATH");
    verb.add_option("--state", options->states,
                    "In this state: waiting, open, delivered (clean-up pending), done, quarantined or given_up; several "
                    "are allowed")
        ->type_name("STATE")
        ->allow_extra_args(false);
}

}  // namespace

void add_flow_list(CLI::App& flow, Context& context) {
    auto* verb = flow.add_subcommand("list", "Show the flows of the project");
    verb->callback([&context] { list_flows(context); });
}

void add_flow_show(CLI::App& flow, Context& context) {
    auto name = std::make_shared<std::string>();
    auto* verb = flow.add_subcommand("show", "Show the fields of a flow, as --from takes them");
    add_thing_name(*verb, catalog::Kind::flow, *name);
    verb->callback([name, &context] {
        const auto found = service::Flows(context.workspace()).get(context.options.project, *name);
        if (context.options.json) return context.json(catalog::to_json(found));
        context.out(to_indented(catalog::to_json(found)));
    });
}

void add_flow_files(CLI::App& flow, Context& context) {
    auto options = std::make_shared<FilesOptions>();
    auto* verb = flow.add_subcommand("files", "Show what became of each version of each file, newest first");
    add_selection(*verb, options);
    verb->add_option("--limit", options->limit, "How many at most")->type_name("N")->capture_default_str();
    verb->callback([options, &context] { show_files(*options, context); });
}

void add_flow_reset(CLI::App& flow, Context& context) {
    auto options = std::make_shared<FilesOptions>();
    auto* verb = flow.add_subcommand("reset", "Forget what became of files, so that those that are there are delivered again");
    add_selection(*verb, options);
    verb->add_flag("--all", options->all, "All files of the flow");
    verb->callback([options, &context] { reset_files(*options, context); });
}

}  // namespace fairlead::cli
