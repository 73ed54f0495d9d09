#include "cli/conduct_run.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/context.hpp"
#include "cli/report.hpp"
#include "operation/conduct.hpp"
#include "service/connections.hpp"
#include "service/location.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "transfer/failure.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
constexpr int kSomeFailed = 10;
constexpr std::size_t kPage = 500;

std::string line_of(const catalog::RunFile& file) {
    const auto what = file.target.empty() || file.outcome == "failed" ? file.source : file.target;
    auto line = fmt::format("{}\t{}", file.outcome, to_printable(what.empty() ? file.target : what));
    if (file.bytes > 0) line += fmt::format("\t{}", format_size(file.bytes));
    return line;
}

class Printer final : public operation::Sink {
  public:
    Printer(Context& context, std::string zone, const operation::Output* contents)
        : context_(context), zone_(std::move(zone)), contents_(contents) {}

    awaitable<void> done(const catalog::RunFile& file) override {
        for (const auto& warning : file.warnings)
            context_.warn(warning);
        if (file.error && !context_.options.json) {
            auto text = to_text(*file.error);
            if (text.ends_with('\n')) text.pop_back();
            context_.note(text);
            told_ = true;
        }
        const bool came = file.outcome == "transferred";
        if (contents_ != nullptr && came) print_content(operation::content_path(*contents_, file));
        if (!context_.options.json && contents_ == nullptr && !file.error && file.outcome != "listed")
            context_.print(line_of(file));
        co_return;
    }
    awaitable<void> listed(const Entry& entry) override {
        if (context_.options.json)
            context_.json(operation::entry_document(entry, zone_));
        else
            context_.print(to_printable(entry.path));
        co_return;
    }
    /// Whether a failure of a document was printed.
    bool told() const noexcept { return told_; }
    void retrying(const std::string& what, const Error& error, unsigned failures,
                  std::chrono::milliseconds wait) override {
        context_.note(fmt::format("{}: {} Trying again in {} (failure {}).", to_printable(what),
                                  to_printable(error.message), format_duration(wait), failures));
    }

  private:
    void print_content(const std::string& path) {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
        if (!file) throw Error(ErrorCode::internal, "What was read is not where it was put.").on(path);
        std::array<char, 65536> buffer;
        for (std::size_t count; (count = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0;)
            context_.out({buffer.data(), count});
        std::remove(path.c_str());
    }

    Context& context_;
    std::string zone_;
    const operation::Output* contents_;
    bool told_ = false;
};

awaitable<catalog::Run> conduct_here(Context& context, catalog::Run run, operation::Request request,
                                     operation::Sink& sink) {
    auto& connections = context.workspace().connections();
    service::Location location;
    location.kind = service::Location::Kind::connection;
    location.connection = run.connection;
    location.path = "/";
    location.text = run.connection + ":/";
    const auto destination = service::destination_of(&connections, run.project, location, {});
    transfer::PlaceFacts facts;
    facts.identity = destination.identity;
    facts.retries = destination.retry_count;
    std::shared_ptr<Observer> trace;
    auto opener = [&context, &connections, &trace, project = run.project,
                   name = run.connection]() -> awaitable<std::shared_ptr<FileSystem>> {
        co_return co_await connections.open(project, name, {}, trace ? trace.get() : context.observer());
    };
    transfer::Sessions remote(co_await boost::asio::this_coro::executor, std::move(opener), 1, std::move(facts));
    const auto protocol = to_string(connections.get(run.project, run.connection).protocol);
    service::OnWorkspace here = [&context](std::function<void(service::Workspace&)> call) -> awaitable<void> {
        call(context.workspace());
        co_return;
    };
    const service::RunWork work = [&](service::HeldRun& held) {
        trace = held.trace(held.run().connection, context.observer());
        return operation::conduct(held, std::move(request), remote, &context.journal(), sink, protocol);
    };
    std::optional<catalog::Run> ended;
    const auto act = [&]() -> awaitable<void> {
        ended = co_await service::hold_run(here, std::move(run), work);
    };
    const auto failure = co_await transfer::caught(act());
    co_await remote.close();
    if (failure) throw Error(*failure);
    co_return std::move(*ended);
}

void print_record(Context& context, const catalog::Run& run) {
    auto& store = service::Runs(context.workspace()).store();
    context.out("{\"run\":" + json::serialize(catalog::to_json(run)) + ",\"results\":[");
    for (std::int64_t from = 0;;) {
        const auto files = store.files(run.id, from, kPage);
        if (files.empty()) break;
        for (const auto& file : files)
            context.out((file.number > 0 && from + (&file - files.data()) > 0 ? "," : "") +
                        json::serialize(catalog::to_json(file)));
        from = files.back().number + 1;
    }
    context.print("]}");
}

}  // namespace

void conduct_run(Context& context, catalog::Run run, operation::Request request, bool to_output) {
    const auto project = run.project;
    {
        auto& connections = context.workspace().connections();
        const auto connection = connections.get(project, run.connection);
        request.zone = connections.endpoint(project, run.connection, {}).ftp.time_zone;
        if (!connection.bandwidth_limit.empty())
            request.limits.add(
                net::RateLimit::shared(connection.record.id, RateSchedule::parse(connection.bandwidth_limit)));
    }
    const auto output = request.output;
    Printer printer(context, request.zone, to_output ? &output : nullptr);
    const bool list = request.operation.action == catalog::Action::list;
    const auto ended = context.run(conduct_here(context, std::move(run), std::move(request), printer));
    if (context.options.json && !list && !to_output) print_record(context, ended);
    if (ended.state == catalog::RunState::partial) {
        context.exit_status = kSomeFailed;
        return;
    }
    if (!ended.error) return;
    if (printer.told() || (ended.failed > 1 && context.options.json)) {
        context.exit_status = exit_status(ended.error->code);
        return;
    }
    throw Error(*ended.error);
}

}  // namespace fairlead::cli
