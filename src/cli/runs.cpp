// run list, files, show, cancel, pause, resume, retry, watch

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/conduct_run.hpp"
#include "cli/flow.hpp"
#include "cli/verbs.hpp"
#include "operation/request_json.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
constexpr auto kLook = std::chrono::milliseconds(200);
constexpr std::size_t kPage = 500;

struct ListOptions {
    std::vector<std::string> states;
    std::string operation, flow, of, connection, file, since, until, before;
    std::size_t limit = 50;
    bool all_projects = false;
};

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string line_of(const catalog::Run& run) {
    auto line = fmt::format("{}\t{}\t{}\t{}\t{} files\t{}", run.id, to_rfc3339(run.created_at),
                            catalog::to_string(run.state), run.subject, run.files, format_size(run.bytes));
    if (run.error) line += "\t" + to_printable(run.error->message);
    return line;
}

void list_runs(const ListOptions& options, Context& context) {
    service::Runs runs(context.workspace());
    runs.recover();
    store::RunQuery query;
    if (!options.all_projects) query.projects = {context.options.project};
    for (const auto& state : options.states)
        query.states.push_back(catalog::parse_run_state(state));
    query.subject = options.of;
    if (!options.operation.empty() || !options.flow.empty()) {
        query.kind = options.flow.empty() ? "operation" : "flow";
        query.subject = options.flow.empty() ? options.operation : options.flow;
    }
    query.connection = options.connection;
    query.file = options.file;
    if (!options.since.empty()) query.since = parse_age(options.since, now(), "since");
    if (!options.until.empty()) query.until = parse_age(options.until, now(), "until");
    query.before = options.before;
    query.limit = options.limit;
    const auto found = runs.store().list(query);
    if (context.options.json) {
        json::array documents;
        for (const auto& run : found)
            documents.push_back(catalog::to_json(run));
        return context.json(documents);
    }
    if (found.empty()) return context.note("There are no such runs.");
    for (const auto& run : found)
        context.print(line_of(run));
}

std::string text_of(const json::object& object, std::string_view member) {
    const auto* value = object.if_contains(member);
    return value != nullptr && value->is_string() ? to_printable(value->get_string()) : std::string();
}

/// A line for each attempt at a file, and one for its steps.
void print_attempts(const catalog::RunFile& file, Context& context) {
    for (const auto& each : file.history) {
        const auto& attempt = each.as_object();
        auto line = fmt::format("    attempt {}\t{}\t{}", attempt.at("attempt").as_int64(), text_of(attempt, "startedAt"),
                                format_size(attempt.at("bytes").to_number<std::uint64_t>()));
        for (const auto* member : {"node", "source", "target"})
            if (const auto text = text_of(attempt, member); !text.empty()) line += fmt::format("\t{} {}", member, text);
        if (const auto* error = attempt.at("error").if_object())
            line += fmt::format("\tfailed at {}: {}", text_of(*error, "step"), text_of(*error, "message"));
        context.print(line);
        std::string steps;
        for (const auto& one : attempt.at("steps").as_array()) {
            const auto& step = one.as_object();
            steps += fmt::format("{}{} {} ms{}", steps.empty() ? "" : ", ", text_of(step, "step"),
                                 step.at("milliseconds").as_int64(), step.at("ok").as_bool() ? "" : " (failed)");
        }
        if (!steps.empty()) context.print("        " + steps);
    }
}

/// What was said with the servers, where it was kept.
void print_trace(const catalog::Run& run, Context& context) {
    if (!catalog::is_traced(run))
        throw Error(ErrorCode::not_found, fmt::format("What the run '{}' said with its servers was not kept.", run.id))
            .hinting("'operation run --trace' and 'flow run --trace' keep it");
    context.out(service::Runs(context.workspace()).store().trace(run.id));
}

void show_run(const std::string& id, bool attempts, Context& context) {
    service::Runs runs(context.workspace());
    runs.recover();
    const auto run = runs.get(id);
    if (context.options.trace) return print_trace(run, context);
    auto document = catalog::to_json(run);
    json::array files;
    for (std::int64_t from = 0;;) {
        const auto page = runs.store().files(id, from, kPage);
        if (page.empty()) break;
        from = page.back().number + 1;
        for (const auto& file : page) {
            if (context.options.json) {
                files.push_back(catalog::to_json(file));
                continue;
            }
            context.print(fmt::format("{}\t{}\t{} -> {}\t{}{}", file.number, file.outcome, to_printable(file.source),
                                      to_printable(file.target), format_size(file.bytes),
                                      file.error ? "\t" + to_printable(file.error->message) : ""));
            if (attempts) print_attempts(file, context);
        }
    }
    if (!context.options.json) return context.print(line_of(run));
    document["results"] = std::move(files);
    context.json(document);
}

struct FilesOptions {
    std::string name, connection, subject, outcome, since, until;
    bool failed = false, attempts = false;
    std::size_t limit = 50;
};

void list_files(const FilesOptions& options, Context& context) {
    store::FileQuery query;
    query.project = context.options.project;
    query.name = options.name;
    query.connection = options.connection;
    query.subject = options.subject;
    query.outcome = options.outcome;
    if (options.failed) query.failed = true;
    if (!options.since.empty()) query.since = parse_age(options.since, now(), "since");
    if (!options.until.empty()) query.until = parse_age(options.until, now(), "until");
    query.limit = options.limit;
    const auto found = service::Runs(context.workspace()).store().find_files(query);
    if (context.options.json) {
        json::array documents;
        for (const auto& one : found)
            documents.push_back(store::to_json(one));
        return context.json(documents);
    }
    if (found.empty()) return context.note("There are no such files.");
    for (const auto& [run, kind, subject, connection, file] : found) {
        context.print(fmt::format("{}\t{}\t{}\t{}\t{} -> {}\t{}{}", to_rfc3339(file.finished_at.value_or(Time{})), run,
                                  subject, file.outcome, to_printable(file.source), to_printable(file.target),
                                  format_size(file.bytes),
                                  file.error ? "\t" + to_printable(file.error->message) : ""));
        if (options.attempts) print_attempts(file, context);
    }
}

void cancel_run(const std::string& id, Context& context) {
    const auto run = service::Runs(context.workspace()).cancel(id);
    if (context.options.json) return context.json(catalog::to_json(run));
    context.note(run.state == catalog::RunState::cancelled ? "It was cancelled." : "It was asked to stop.");
}

void pause_run(const std::string& id, Context& context) {
    const auto run = service::Runs(context.workspace()).pause(id);
    if (context.options.json) return context.json(catalog::to_json(run));
    context.note(run.state == catalog::RunState::paused ? "It is paused." : "It was asked to pause.");
}

void resume_run(const std::string& id, Context& context) {
    const auto run = service::Runs(context.workspace()).resume(id);
    if (context.options.json) return context.json(catalog::to_json(run));
    context.note(run.state == catalog::RunState::queued ? "It waits for a daemon." : "It goes on.");
}

void retry_run(const std::string& id, bool all, Context& context) {
    service::Runs runs(context.workspace());
    runs.recover();
    auto run = runs.retry_of(id, all);
    if (run.kind == "flow") return retry_flow(std::move(run), context);
    auto request = operation::request_of(run.request);
    run.request.erase("resumable");  // this process does it
    run = runs.begin(std::move(run));
    conduct_run(context, std::move(run), std::move(request));
}

std::string line_of(const catalog::RunEvent& event) {
    return fmt::format("{}\t{}\t{}\t{}", to_rfc3339(event.at), event.run, event.type,
                       to_printable(json::serialize(event.data)));
}

/// Tells what happens until the run has ended; without an id, for ever.
awaitable<void> watch_runs(std::string id, std::optional<std::int64_t> after, Context& context) {
    service::Runs runs(context.workspace());
    auto& store = runs.store();
    store::EventQuery query;
    query.run = id;
    if (id.empty()) query.projects = {context.options.project};
    query.after = after.value_or(id.empty() ? store.newest_event() : 0);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (;;) {
        const bool ended = !id.empty() && catalog::has_ended(runs.get(id).state);
        for (;;) {
            const auto events = store.events(query);
            for (const auto& event : events) {
                if (context.options.json)
                    context.json(catalog::to_json(event));
                else
                    context.print(line_of(event));
                query.after = event.number;
            }
            if (events.size() < query.limit) break;
        }
        context.flush();
        if (ended) co_return;
        runs.recover();
        timer.expires_after(kLook);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

CLI::Option* add_run_id(CLI::App& verb, std::string& id) {
    return verb.add_option("ID", id, "The id of a run")->type_name("");
}

void add_list(CLI::App& run, Context& context) {
    auto options = std::make_shared<ListOptions>();
    auto* verb = run.add_subcommand("list", "Show runs, newest first");
    verb->add_option("--state", options->states, "Only of these states: queued, paused, running, succeeded, failed, partial, cancelled")
        ->type_name("STATE");
    auto* operation = verb->add_option("--operation", options->operation, "Only those of this operation")->type_name("NAME");
    auto* flow = verb->add_option("--flow", options->flow, "Only those of this flow")->type_name("NAME")->excludes(operation);
    verb->add_option("--of", options->of, "Only those of this operation or flow")
        ->type_name("NAME")
        ->excludes(operation)
        ->excludes(flow);
    verb->add_option("--connection", options->connection, "Only those over this connection")->type_name("NAME");
    verb->add_option("--file", options->file, "Only those with a file of this name, at the source or at the target: a shell pattern such as *.csv")->type_name("PATTERN");
    verb->add_option("--since", options->since, "Only those begun since then: a time, today, yesterday, or a length of time ago such as 2h")
        ->type_name("TIME");
    verb->add_option("--until", options->until, "Only those begun before then")->type_name("TIME");
    verb->add_option("--before", options->before, "Only runs older than the one with this id: the next page")->type_name("ID");
    verb->add_option("--limit", options->limit, "So many at most")->type_name("N")->capture_default_str();
    verb->add_flag("--all-projects", options->all_projects, "Of every project");
    verb->callback([options, &context] { list_runs(*options, context); });
}

void add_files(CLI::App& run, Context& context) {
    auto options = std::make_shared<FilesOptions>();
    auto* verb = run.add_subcommand("files", "Find what happened to files, in all runs of the project, newest first");
    verb->add_option("--name", options->name, "Only files of this name, at the source or at the target: a shell pattern such as *.csv")
        ->type_name("PATTERN");
    verb->add_option("--connection", options->connection, "Only those that came from this connection, or went to it")->type_name("NAME");
    verb->add_option("--of", options->subject, "Only those of this operation or flow")->type_name("NAME");
    verb->add_option("--outcome", options->outcome, "Only those with this outcome, such as transferred, skipped or failed")->type_name("WORD");
    verb->add_flag("--failed", options->failed, "Only those that failed");
    verb->add_flag("--attempts", options->attempts, "With the attempts at each, and their steps");
    verb->add_option("--since", options->since, "Only those that ended since then: a time, today, yesterday, or a length of time ago such as 2d")
        ->type_name("TIME");
    verb->add_option("--until", options->until, "Only those that ended before then")->type_name("TIME");
    verb->add_option("--limit", options->limit, "So many at most")->type_name("N")->capture_default_str();
    verb->callback([options, &context] { list_files(*options, context); });
}

void add_show(CLI::App& run, Context& context) {
    auto id = std::make_shared<std::string>();
    auto attempts = std::make_shared<bool>(false);
    auto* verb = run.add_subcommand("show", "Show a run and its files; with --trace what it said with its servers");
    add_run_id(*verb, *id)->required();
    verb->add_flag("--attempts", *attempts, "With the attempts at each file, and their steps");
    verb->callback([id, attempts, &context] { show_run(*id, *attempts, context); });
}

void add_retry(CLI::App& run, Context& context) {
    auto id = std::make_shared<std::string>();
    auto all = std::make_shared<bool>(false);
    auto* verb = run.add_subcommand("retry", "Do what failed of a run that has ended, as a new run");
    add_run_id(*verb, *id)->required();
    auto* everything = verb->add_flag("--all", *all, "Do again also what went well");
    verb->add_flag("--failed-only")->description("Only what failed, which is so anyway")->excludes(everything);
    verb->callback([id, all, &context] { retry_run(*id, *all, context); });
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
    auto* run = app.add_subcommand("run", "Look at what was run, stop it, or do again what failed");
    run->require_subcommand(1);
    add_list(*run, context);
    add_files(*run, context);
    using Act = void (*)(const std::string&, Context&);
    const std::tuple<const char*, const char*, Act> verbs[]{
        {"cancel", "Ask a run to stop; what can be resumed is kept", cancel_run},
        {"pause", "Let a run of a daemon wait where it is, until it is resumed", pause_run},
        {"resume", "Let a paused run go on where it was", resume_run}};
    for (const auto& [name, help, act] : verbs) {
        auto id = std::make_shared<std::string>();
        auto* verb = run->add_subcommand(name, help);
        add_run_id(*verb, *id)->required();
        verb->callback([id, act = act, &context] { act(*id, context); });
    }
    add_show(*run, context);
    add_retry(*run, context);
    auto id = std::make_shared<std::string>();
    auto after = std::make_shared<std::optional<std::int64_t>>();
    auto* watch = run->add_subcommand("watch", "Follow a run until its end, or all of the project");
    add_run_id(*watch, *id);
    add_optional(*watch, "--after", *after, "Begin after the event of this number")->type_name("N");
    watch->callback([id, after, &context] { context.run(watch_runs(*id, *after, context)); });
}

}  // namespace fairlead::cli
