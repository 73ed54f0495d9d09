// operation run

#include <fmt/format.h>

#include <filesystem>

#include "base/quantity.hpp"
#include "cli/conduct_run.hpp"
#include "cli/operation.hpp"
#include "cli/thing_change.hpp"
#include "cli/thing_verbs.hpp"
#include "operation/draft.hpp"
#include "service/operations.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace fs = std::filesystem;
using catalog::Action;

struct RunOptions {
    std::string name;
    std::vector<std::string> inputs;
    std::vector<std::string> ids;
    std::vector<std::string> set;
    std::vector<std::string> parameters;
    std::string output;
    std::string keep_runs = "30d";
};

Error refuse(std::string sentence, std::string hint) {
    Error error(ErrorCode::invalid_argument, std::move(sentence));
    error.hint = std::move(hint);
    return error;
}

/// Standard input as a file, because what breaks off is gone on with.
std::string spool_input(const std::string& folder) {
    fs::create_directories(folder);
    const auto path = folder + "/0";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
    if (!file) throw Error(ErrorCode::permission_denied, fmt::format("'{}' cannot be written.", path)).on(path);
    char buffer[65536];
    for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;)
        if (std::fwrite(buffer, 1, count, file.get()) != count)
            throw Error(ErrorCode::no_space, fmt::format("'{}' cannot be written.", path)).on(path);
    if (std::fflush(file.get()) != 0)
        throw Error(ErrorCode::no_space, fmt::format("'{}' cannot be written.", path)).on(path);
    return path;
}

std::vector<operation::Input> inputs_of(const RunOptions& options, const catalog::Operation& wanted,
                                        const std::string& folder) {
    catalog::Properties common;
    for (const auto& assignment : options.set) {
        auto [name, value] = split_assignment(assignment, "set");
        common.set(name, std::move(value));
    }
    std::vector<operation::Input> inputs;
    const bool content = catalog::takes_content(wanted.action);
    if (!content && !options.inputs.empty())
        throw refuse(fmt::format("'{}' takes no content, so --input has no meaning.", catalog::to_string(wanted.action)),
                     "--id names the files to work on");
    if (content && !options.ids.empty())
        throw refuse(fmt::format("'{}' names its files with --set fileName=..., not --id.", catalog::to_string(wanted.action)),
                     "give the content with --input FILE");
    for (const auto& file : options.inputs) {
        operation::Input input;
        input.properties = common;
        const bool named = common.has("fileName") || !wanted.file_name.empty();
        if (file == "-") {
            input.content = spool_input(folder + "/in");
        } else {
            input.content = fs::absolute(file).lexically_normal().string();
            std::error_code ignored;
            if (!fs::exists(input.content, ignored))
                throw Error(ErrorCode::not_found, fmt::format("The file '{}' does not exist.", file)).on(file);
            if (!named) input.properties.set("fileName", fs::path(file).filename().string());
        }
        inputs.push_back(std::move(input));
    }
    for (const auto& id : options.ids) {
        operation::Input input;
        input.properties = common;
        input.properties.set("fileName", id);
        inputs.push_back(std::move(input));
    }
    if (inputs.empty()) inputs.push_back({{}, common});
    return inputs;
}

void run_operation(const RunOptions& options, Context& context) {
    auto& workspace = context.workspace();
    service::Runs runs(workspace);
    runs.recover();
    store::Retention retention;
    retention.keep_runs = parse_duration(options.keep_runs, "keep-runs");
    runs.forget(retention);
    service::Operations operations(workspace);
    const auto& project = context.options.project;
    const auto wanted = operations.expanded(operations.usable(project, options.name), project);
    const auto id = catalog::make_id();
    const auto folder = runs.folder(id);
    operation::Request request;
    request.operation = wanted;
    request.inputs = inputs_of(options, wanted, folder);
    for (const auto& assignment : options.parameters) {
        auto [name, value] = split_assignment(assignment, "parameter");
        request.parameters[name] = std::move(value);
    }
    const bool gives = catalog::gives_content(wanted.action);
    const bool to_output = options.output == "-";
    if (gives && options.output.empty())
        throw refuse("Say where the files that are read go.", "--output DIR, or --output - for standard output");
    if (!gives && !options.output.empty())
        throw refuse(fmt::format("'{}' gives no content, so --output has no meaning.", catalog::to_string(wanted.action)), "");
    if (gives) {
        request.output.by_number = to_output;
        request.output.folder = to_output ? folder + "/out" : fs::absolute(options.output).lexically_normal().string();
        while (request.output.folder.size() > 1 && request.output.folder.ends_with('/'))
            request.output.folder.pop_back();
        std::error_code problem;
        fs::create_directories(request.output.folder, problem);
        if (problem)
            throw Error(ErrorCode::permission_denied, fmt::format("The folder '{}' cannot be made: {}.",
                                                                  request.output.folder, problem.message()))
                .on(request.output.folder);
    }
    auto drafted = operation::draft(runs, project, context.options.environment, request, id);
    if (context.options.trace) drafted.request["trace"] = true;
    auto run = runs.begin(std::move(drafted));
    context.verbose(1, fmt::format("Run {}", run.id));
    conduct_run(context, std::move(run), std::move(request), to_output);
}

}  // namespace

void add_operation_run(CLI::App& operation, Context& context) {
    auto options = std::make_shared<RunOptions>();
    auto* verb = operation.add_subcommand("run", "Run an operation on documents, one after the other over one session");
    add_thing_name(*verb, catalog::Kind::operation, options->name);
    verb->add_option("--input", options->inputs,
                     "A file to store (create, upsert); several make several documents; - is standard input")
        ->type_name("FILE");
    verb->add_option("--id", options->ids, "A file on the server to get, delete or move; several make several documents")
        ->type_name("PATH");
    verb->add_option("--set", options->set,
                     "A property of every document, such as fileName=a.csv or remoteDirectory=/in; it wins over the "
                     "operation's field")
        ->type_name("NAME=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    verb->add_option("--parameter", options->parameters, "A value that the filter asks for")
        ->type_name("NAME=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    verb->add_option("--output", options->output,
                     "The folder for the files that are read (get, query), or - for standard output")
        ->type_name("DIR");
    verb->add_option("--keep-runs", options->keep_runs, "Runs that ended longer ago are forgotten before this one begins")
        ->type_name("TIME")
        ->capture_default_str();
    verb->callback([options, &context] { run_operation(*options, context); });
}

}  // namespace fairlead::cli
