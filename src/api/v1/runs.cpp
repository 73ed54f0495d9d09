#include "api/v1/runs.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>

#include "api/idempotent.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/v1/addresses.hpp"
#include "api/v1/execution_answer.hpp"
#include "api/v1/operations.hpp"
#include "api/v1/run_for_client.hpp"
#include "api/v1/run_results.hpp"
#include "api/v1/visible_run.hpp"
#include "base/path.hpp"
#include "base/quantity.hpp"
#include "fairlead/open.hpp"
#include "service/runner.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Run;
using http::Request;
using http::Response;
using service::Workspace;

constexpr std::uint64_t kMostInline = 256 * 1024;

store::RunQuery query_of(const Request& request) {
    refuse_unknown_parameters(request, {"state", "kind", "subject", "operation", "flow", "connection", "file", "since",
                                        "until", "limit", "cursor"});
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    store::RunQuery query;
    query.projects = projects_of(request);
    for (const auto& words : request.arguments("state"))
        for (std::size_t begin = 0; begin <= words.size();) {
            const auto end = std::min(words.find(',', begin), words.size());
            query.states.push_back(catalog::parse_run_state(words.substr(begin, end - begin)));
            begin = end + 1;
        }
    query.kind = request.argument("kind").value_or("");
    query.subject = request.argument("subject").value_or("");
    for (const auto* kind : {"operation", "flow"})
        if (const auto name = request.argument(kind)) {
            query.kind = kind;
            query.subject = *name;
        }
    query.connection = request.argument("connection").value_or("");
    query.file = request.argument("file").value_or("");
    if (const auto since = request.argument("since")) query.since = parse_age(*since, now, "since");
    if (const auto until = request.argument("until")) query.until = parse_age(*until, now, "until");
    query.before = request.argument("cursor").value_or("");
    query.limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    return query;
}

awaitable<Response> list(Services& services, Request& request) {
    auto query = query_of(request);
    const auto limit = query.limit++;
    const auto work = [&](Workspace& workspace) {
        json::array items;
        json::value next;
        const auto runs = service::Runs(workspace).store().list(query);
        for (const auto& run : runs) {
            if (items.size() == limit) {
                next = runs[limit - 1].id;
                break;
            }
            items.push_back(catalog::to_json(run));
        }
        return answer(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> show(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        return answer(catalog::to_json(visible_run(workspace, request)));
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> files(Services& services, Request& request) {
    refuse_unknown_parameters(request, {"limit", "cursor"});
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    const auto from = number_of(request, "cursor", 0, kMost).value_or(0);
    const auto work = [&](Workspace& workspace) {
        const auto run = visible_run(workspace, request);
        json::array items;
        json::value next;
        for (const auto& file : service::Runs(workspace).store().files(run.id, from, limit + 1)) {
            if (items.size() == limit) {
                next = std::to_string(file.number);
                break;
            }
            items.push_back(document_of(workspace.directory(), run, file));
        }
        return answer(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

/// "milliseconds.number.run"
std::string cursor_of(const store::FileQuery::Mark& mark) {
    return fmt::format("{}.{}.{}", mark.at.time_since_epoch().count(), mark.number, mark.run);
}

store::FileQuery::Mark mark_of(std::string_view cursor) {
    store::FileQuery::Mark mark;
    std::int64_t at = 0;
    const auto* end = cursor.data() + cursor.size();
    const auto time = std::from_chars(cursor.data(), end, at);
    if (time.ec == std::errc() && time.ptr != end && *time.ptr == '.') {
        const auto number = std::from_chars(time.ptr + 1, end, mark.number);
        if (number.ec == std::errc() && number.ptr != end && *number.ptr == '.') {
            mark.at = Time(std::chrono::milliseconds(at));
            mark.run.assign(number.ptr + 1, end);
            return mark;
        }
    }
    Error error(ErrorCode::invalid_argument, "The cursor is none that this list has given.");
    error.faults.push_back({"cursor", std::string(cursor), "must be `next` of the page before"});
    throw error;
}

awaitable<Response> find_files(Services& services, Request& request) {
    refuse_unknown_parameters(request, {"name", "connection", "subject", "outcome", "failed", "since", "until", "limit", "cursor"});
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    store::FileQuery query;
    query.project = request.parameters.at("project");
    query.name = request.argument("name").value_or("");
    query.connection = request.argument("connection").value_or("");
    query.subject = request.argument("subject").value_or("");
    query.outcome = request.argument("outcome").value_or("");
    query.failed = truth_of(request, "failed");
    if (const auto since = request.argument("since")) query.since = parse_age(*since, now, "since");
    if (const auto until = request.argument("until")) query.until = parse_age(*until, now, "until");
    if (const auto cursor = request.argument("cursor")) query.before = mark_of(*cursor);
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    query.limit = limit + 1;
    const auto work = [&](Workspace& workspace) {
        json::array items;
        json::value next;
        const auto found = service::Runs(workspace).store().find_files(query);
        for (const auto& one : found) {
            if (items.size() == limit) {
                next = cursor_of(store::mark_of(found[limit - 1]));
                break;
            }
            items.push_back(store::to_json(one));
        }
        return answer(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

awaitable<Response> content(Services& services, Request& request) {
    const auto& text = request.parameters.at("number");
    std::int64_t number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    std::string path, name;
    const auto look = [&](Workspace& workspace) {
        const auto run = visible_run(workspace, request);
        path = content_of(workspace.directory(), run, number);
        const auto found = service::Runs(workspace).store().files(run.id, number, 1);
        if (!found.empty() && found.front().number == number && found.front().ok())
            name = path::name(found.front().source);
        if (path.empty() || name.empty())
            throw Error(ErrorCode::not_found,
                        fmt::format("There is no content of the document {} of the run '{}' here.", text, run.id));
    };
    co_await services.workspaces.run(actor_of(request), std::function<void(Workspace&)>(look));
    const std::shared_ptr<FileSystem> here = open_local("/");
    std::error_code ignored;
    Response response;
    response.stream_size = std::filesystem::file_size(path, ignored);
    const std::shared_ptr<ReadStream> stream = co_await here->open_read(path);
    response.with("Content-Type", "application/octet-stream");
    response.with("Content-Disposition", "attachment; filename*=UTF-8''" + escaped(name));
    response.stream = [here, stream]() -> awaitable<http::Bytes> {
        const auto bytes = co_await stream->read();
        co_return http::Bytes(bytes.begin(), bytes.end());
    };
    co_return response;
}

/// What was said with the servers, as far as it was written down.
awaitable<Response> trace(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto run = visible_run(workspace, request);
        if (!catalog::is_traced(run))
            throw Error(ErrorCode::not_found, fmt::format("What the run '{}' said with its servers was not kept.", run.id))
                .hinting("execute with trace: true keeps it");
        Response response;
        response.with("Content-Type", "text/plain; charset=utf-8");
        response.body = service::Runs(workspace).store().trace(run.id);
        return response;
    };
    co_return co_await services.workspaces.run(actor_of(request), work);
}

/// What `execute` answers, once more; of one that has not ended yet, once it has.
awaitable<Response> results(Services& services, Request& request) {
    const auto form = result_form(request);
    const auto look = [&](Workspace& workspace) { return visible_run(workspace, request); };
    auto run = co_await services.workspaces.run(actor_of(request), look);
    if (!catalog::has_ended(run.state)) {
        if (prefers_async(request)) co_return accepted(run);
        run = co_await services.runner.wait_for(run.id);
    }
    co_return result_answer(services, std::move(run), form, kMostInline);
}

awaitable<Response> cancel(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto run = service::Runs(workspace).cancel(visible_run(workspace, request).id);
        // One that is running stops when its owner has heard of it.
        return answer(catalog::to_json(run), catalog::has_ended(run.state) ? 200 : 202);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.runner.look();
    co_return response;
}

awaitable<Response> pause(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        const auto run = service::Runs(workspace).pause(visible_run(workspace, request).id);
        return answer(catalog::to_json(run), run.state == catalog::RunState::paused ? 200 : 202);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.runner.look();
    co_return response;
}

awaitable<Response> resume(Services& services, Request& request) {
    const auto work = [&](Workspace& workspace) {
        return answer(catalog::to_json(service::Runs(workspace).resume(visible_run(workspace, request).id)), 200);
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    services.runner.look();
    co_return response;
}

awaitable<Response> retry(Services& services, Request& request) {
    const auto form = result_form(request);
    const bool all = truth_of(request, "all").value_or(false);
    const auto work = [&](Workspace& workspace) {
        service::Runs runs(workspace);
        auto again = runs.retry_of(visible_run(workspace, request).id, all);
        again.trigger = "api";
        again.request["resumable"] = true;
        return queue_once(workspace, request, again);
    };
    auto run = co_await services.workspaces.run(actor_of(request), work);
    services.runner.look();
    if (prefers_async(request)) co_return accepted(run);
    run = co_await run_for_client(services, request, std::move(run));
    co_return result_answer(services, std::move(run), form, kMostInline);
}

std::vector<http::Route> routes_below(const std::string& prefix, bool of_a_project, Services& services) {
    const auto with = [&services](awaitable<Response> (*handler)(Services&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    const std::string one = prefix + "/{id}";
    const std::string of = of_a_project ? " of a project" : " of all projects";
    using Role = http::Principal::Role;
    return {
        {"GET",
         prefix,
         Role::viewer,
         "List the runs" + of + ", newest first",
         with(&list),
         {.description = of_a_project ? "" : "Of the projects that the token may see.",
          .parameters = {{"state", "queued, paused, running, succeeded, failed, partial, cancelled; several with commas"},
                         {"kind", "operation, flow or transfer"},
                         {"subject", "Only those of the operation or flow of this name"},
                         {"operation", "Only those of this operation"},
                         {"flow", "Only those of this flow"},
                         {"connection", "Only those over this connection"},
                         {"file", "Only those with a file of this name, at the source or at the target: a shell pattern such as *.csv"},
                         {"since", "From this time on (RFC 3339, today, yesterday), or for this long back (2h, 7d)"},
                         {"until", "Before this time"},
                         {"limit", "How many at most, 1 to 1000; else 100", "integer"},
                         {"cursor", "Where to go on: `next` of the page before"}},
          .response = "RunPage"}},
        {"GET", one, Role::viewer, "Show a run", with(&show), {.response = "Run", .failures = {404}}},
        {"GET",
         one + "/files",
         Role::viewer,
         "List the files of a run: what became of each",
         with(&files),
         {.parameters = {{"limit", "How many at most, 1 to 1000; else 100", "integer"},
                         {"cursor", "Where to go on: `next` of the page before"}},
          .response = "RunFilePage",
          .failures = {404}}},
        {"GET",
         one + "/files/{number}/content",
         Role::operator_,
         "Read the content of a document that came out of a run",
         with(&content),
         {.description = "As long as the run is remembered.",
          .response = "application/octet-stream",
          .failures = {404}}},
        {"GET",
         one + "/trace",
         Role::operator_,
         "Read what a run said with its servers, secrets masked",
         with(&trace),
         {.description = "Of a run that was executed with trace: true; 1 MiB of it at most.",
          .response = "text/plain",
          .failures = {404}}},
        {"GET",
         one + "/results",
         Role::operator_,
         "Get the run and its documents, as its execution answers",
         with(&results),
         {.description = "Waits until the run has ended, unless told otherwise (Prefer: respond-async).",
          .parameters = {{"Accept", "application/json, multipart/mixed, application/zip, application/octet-stream",
                          "string", true},
                         {"Prefer", "respond-async: 202 when it has not ended yet", "string", true}},
          .response = "ExecutionResult multipart/mixed application/zip application/octet-stream",
          .other_answers = {{202, "Run"}},
          .failures = {404, 406, 409, 501, 502, 503, 504, 507}}},
        {"POST",
         one + "/cancel",
         Role::operator_,
         "Ask a run to stop; what can be resumed is kept",
         with(&cancel),
         {.description = "202 while it has not stopped yet. 409 when it has ended already.",
          .response = "Run",
          .failures = {202, 404, 409}}},
        {"POST",
         one + "/pause",
         Role::operator_,
         "Let a run wait where it is, until it is resumed",
         with(&pause),
         {.description = "202 while it has not stopped yet. 409 when it has ended already, or a command executes it.",
          .response = "Run",
          .failures = {202, 404, 409}}},
        {"POST",
         one + "/resume",
         Role::operator_,
         "Let a paused run go on where it was",
         with(&resume),
         {.description = "409 when it is not paused.", .response = "Run", .failures = {404, 409}}},
        {"POST",
         one + "/retry",
         Role::operator_,
         "Do again what failed of a run that has ended, as a new run",
         with(&retry),
         {.description = "409 when it has not ended, or nothing failed. Answers as the execution does.",
          .parameters = {{"all", "true: do again also what went well", "boolean"},
                         {"Prefer", "respond-async: answer 202 at once, with the new run's address in Location",
                          "string", true}},
          .response = "ExecutionResult multipart/mixed application/zip application/octet-stream",
          .other_answers = {{202, "Run"}},
          .failures = {404, 406, 409, 501, 502, 503, 504, 507}}}};
}

}  // namespace

std::vector<http::Route> run_routes(Services& services) {
    auto all = routes_below("/v1/projects/{project}/runs", true, services);
    all.push_back(
        {"GET",
         "/v1/projects/{project}/runs/files",
         http::Principal::Role::viewer,
         "Find what happened to files, in all runs of the project, newest first",
         [&services](Request& request) { return find_files(services, request); },
         {.parameters = {{"name", "Only files of this name, at the source or at the target: a shell pattern such as *.csv"},
                         {"connection", "Only those that came from this connection, or went to it"},
                         {"subject", "Only those of the operation or flow of this name"},
                         {"outcome", "Only those with this outcome, such as transferred, skipped or failed"},
                         {"failed", "true: only those that failed; false: only the others", "boolean"},
                         {"since", "Ended from this time on (RFC 3339, today, yesterday), or for this long back (2h, 7d)"},
                         {"until", "Ended before this time"},
                         {"limit", "How many at most, 1 to 1000; else 100", "integer"},
                         {"cursor", "Where to go on: `next` of the page before"}},
          .response = "FoundFilePage"}});
    auto more = routes_below("/v1/runs", false, services);
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return all;
}

}  // namespace fairlead::api
