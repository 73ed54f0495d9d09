// flow run

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "base/path.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/context.hpp"
#include "cli/flow.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/report.hpp"
#include "fairlead/open.hpp"
#include "flow/work.hpp"
#include "service/connections.hpp"
#include "service/flows.hpp"
#include "service/held_run.hpp"
#include "service/location.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "transfer/failure.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
constexpr int kSomeFailed = 10;

struct RunOptions {
    std::string name, path, keep_runs = "30d";
    bool again = false;
};

class Printer final : public flow::Listener {
  public:
    explicit Printer(Context& context) : context_(context) {}

    void done(const catalog::RunFile& file) override {
        for (const auto& warning : file.warnings)
            context_.warn(warning);
        if (context_.options.json) return context_.json(catalog::to_json(file));
        if (file.error) {
            auto text = to_text(*file.error);
            if (text.ends_with('\n')) text.pop_back();
            return context_.note(text);
        }
        auto line = fmt::format("{}\t{}", file.outcome, to_printable(file.source));
        if (!file.target.empty()) line += "\t" + to_printable(file.target);
        if (file.bytes > 0) line += "\t" + format_size(file.bytes);
        context_.print(line);
    }
    void retrying(const std::string& what, const Error& error, unsigned failures,
                  std::chrono::milliseconds wait) override {
        context_.note(fmt::format("{}: {} Trying again in {} (failure {}).", to_printable(what),
                                  to_printable(error.message), format_duration(wait), failures));
    }

  private:
    Context& context_;
};

/// The places of a flow, each connection once.
class PlaceMaker {
  public:
    PlaceMaker(Context& context, const catalog::Flow& flow, boost::asio::any_io_executor executor)
        : context_(context), flow_(flow), executor_(executor), servers_(executor) {}

    flow::Places make(const service::HeldRun& held) {
        flow::Places places;
        places.source = place(flow_.source.connection, held);
        for (const auto& target : flow_.targets)
            places.targets.push_back(place(target.connection, held));
        places.journal = &context_.journal();
        places.spool = context_.workspace().directory() + "/flows";
        places.gnupg_home = context_.workspace().directory() + "/gnupg";
        return places;
    }
    awaitable<void> close() {
        for (const auto& [name, sessions] : sessions_)
            (void)co_await transfer::caught(sessions->close());
    }

  private:
    flow::Place place(const std::string& connection, const service::HeldRun& held) {
        flow::Place made;
        auto& sessions = sessions_[connection];
        const auto most = flow::sessions_at_once(flow_);
        if (connection.empty()) {
            if (!sessions) sessions = local(most);
            made.sessions = sessions;
            return made;
        }
        auto& connections = context_.workspace().connections();
        const auto& project = flow_.record.project;
        if (!sessions) {
            const auto to = service::destination_of(&connections, project, service::parse_location(connection + ":/"), {});
            transfer::PlaceFacts facts;
            facts.identity = to.identity;
            facts.retries = to.retry_count;
            const auto trace = held.trace(connection, context_.observer());
            auto opener = [this, &connections, trace, project, connection]() -> awaitable<std::shared_ptr<FileSystem>> {
                co_return co_await connections.open(project, connection, {}, trace ? trace.get() : context_.observer());
            };
            sessions = std::make_shared<transfer::Sessions>(
                executor_, std::move(opener), most, std::move(facts),
                servers_.at(to.server, to.max_sessions.value_or(most), {.retries = to.retry_count}));
        }
        made.sessions = sessions;
        made.label = connection + ":";
        const auto stored = connections.get(project, connection);
        if (!stored.bandwidth_limit.empty())
            made.limit = net::RateLimit::shared(stored.record.id, RateSchedule::parse(stored.bandwidth_limit));
        return made;
    }
    std::shared_ptr<transfer::Sessions> local(unsigned most) {
        auto opener = []() -> awaitable<std::shared_ptr<FileSystem>> { co_return open_local("/"); };
        return std::make_shared<transfer::Sessions>(executor_, std::move(opener), most,
                                                    transfer::PlaceFacts{.identity = "local"});
    }

    Context& context_;
    const catalog::Flow& flow_;
    boost::asio::any_io_executor executor_;
    transfer::Servers servers_;
    std::map<std::string, std::shared_ptr<transfer::Sessions>> sessions_;
};

awaitable<catalog::Run> conduct_here(Context& context, catalog::Run run, flow::Request request, Printer& printer) {
    PlaceMaker maker(context, request.flow, co_await boost::asio::this_coro::executor);
    service::OnWorkspace here = [&context](std::function<void(service::Workspace&)> call) -> awaitable<void> {
        call(context.workspace());
        co_return;
    };
    const service::RunWork work = [&](service::HeldRun& held) -> awaitable<service::RunEnd> {
        co_return co_await flow::conduct(held, request, maker.make(held), printer);
    };
    std::optional<catalog::Run> ended;
    const auto act = [&]() -> awaitable<void> { ended = co_await service::hold_run(here, std::move(run), work); };
    const auto failure = co_await transfer::caught(act());
    co_await maker.close();
    if (failure) throw Error(*failure);
    co_return std::move(*ended);
}

void conduct_and_report(Context& context, catalog::Run run, flow::Request request) {
    context.verbose(1, fmt::format("Run {}", run.id));
    Printer printer(context);
    const auto ended = context.run(conduct_here(context, std::move(run), std::move(request), printer));
    if (context.options.json) context.json(json::object{{"run", catalog::to_json(ended)}});
    if (ended.state == catalog::RunState::partial) context.exit_status = kSomeFailed;
    if (ended.state != catalog::RunState::failed) {
        if (!context.options.json && ended.files == 0) context.note("There was nothing to deliver.");
        return;
    }
    if (ended.error && ended.files == 0) throw Error(*ended.error);
    context.exit_status = ended.error ? exit_status(ended.error->code) : 1;
}

void run_flow(const RunOptions& options, Context& context) {
    auto& workspace = context.workspace();
    service::Runs runs(workspace);
    runs.recover();
    store::Retention retention;
    retention.keep_runs = parse_duration(options.keep_runs, "keep-runs");
    runs.forget(retention);
    service::Flows flows(workspace);
    flow::Request request;
    request.flow = flows.usable(context.options.project, options.name);
    if (options.again && options.path.empty())
        throw Error(ErrorCode::invalid_argument, "--again is for one file.").hinting("name it with --path");
    if (!options.path.empty()) request.only = path::confine(options.path);
    if (options.again) {
        store::VersionQuery query;
        query.path = request.only;
        flows.reset(context.options.project, options.name, query);
    }
    auto run = runs.draft(context.options.project);
    run.kind = "flow";
    run.subject = request.flow.name;
    run.connection = request.flow.source.connection;
    run.environment = context.options.environment.empty() ? request.flow.environment : context.options.environment;
    workspace.use_environment(run.environment);
    run.request["only"] = request.only;
    if (context.options.trace) run.request["trace"] = true;
    run = runs.begin(std::move(run));
    conduct_and_report(context, std::move(run), std::move(request));
}

}  // namespace

void retry_flow(catalog::Run run, Context& context) {
    flow::Request request;
    request.flow = service::Flows(context.workspace()).usable(run.project, run.subject);
    if (const auto* only = run.request.if_contains("only"); only != nullptr && only->is_string())
        request.only = only->get_string();
    context.workspace().use_environment(run.environment);
    run.request.erase("resumable");  // this process does it
    run = service::Runs(context.workspace()).begin(std::move(run));
    conduct_and_report(context, std::move(run), std::move(request));
}

void add_flow_run(CLI::App& flow, Context& context) {
    auto options = std::make_shared<RunOptions>();
    auto* verb = flow.add_subcommand("run", "Deliver what is there and was not delivered yet");
    add_thing_name(*verb, catalog::Kind::flow, options->name);
    verb->add_option("--path", options->path, "Only this file, by its path on the source")->type_name("PATH");
    verb->add_flag("--again", options->again, "With --path: deliver it, whatever became of it before");
    verb->add_option("--keep-runs", options->keep_runs, "Runs that ended longer ago are forgotten before this one begins")
        ->type_name("TIME")
        ->capture_default_str();
    verb->callback([options, &context] { run_flow(*options, context); });
}

}  // namespace fairlead::cli
