#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/event_hub.hpp"
#include "api/idempotent.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/v1/execution_answer.hpp"
#include "api/v1/execution_input.hpp"
#include "api/v1/operations.hpp"
#include "api/v1/run_for_client.hpp"
#include "api/v1/run_results.hpp"
#include "catalog/record.hpp"
#include "operation/draft.hpp"
#include "service/operations.hpp"
#include "service/runner.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

using http::Request;
using http::Response;
using service::Workspace;

constexpr std::uint64_t kMostInline = 256 * 1024;

/// Records the execution as waiting for the daemon's runner.
awaitable<catalog::Run> enqueue(Services& services, const Request& request, Wanted wanted, Spool& spool,
                                const std::string& id) {
    const auto& project = request.parameters.at("project");
    const auto work = [&](Workspace& workspace) {
        workspace.use_environment(wanted.environment);
        service::Operations operations(workspace);
        operation::Request execution;
        execution.operation = operations.expanded(operations.usable(project, request.parameters.at("name")), project);
        execution.inputs = std::move(wanted.inputs);
        execution.parameters = std::move(wanted.parameters);
        execution.output = {spool.folder() + "/out", true};
        service::Runs runs(workspace);
        auto run = operation::draft(runs, project, wanted.environment, execution, id);
        run.trigger = "api";
        run.request["resumable"] = true;
        if (wanted.trace) run.request["trace"] = true;
        return queue_once(workspace, request, run);
    };
    auto run = co_await services.workspaces.run(actor_of(request), work);
    if (run.id == id) spool.keep();
    services.runner.look();
    services.events.look();
    co_return run;
}

awaitable<Response> execute(Services& services, Request& request) {
    const auto form = result_form(request);
    const auto& project = request.parameters.at("project");
    const auto find = [&](Workspace& workspace) {
        return service::Operations(workspace).usable(project, request.parameters.at("name"));
    };
    const auto operation = co_await services.workspaces.run(actor_of(request), find);
    const auto id = catalog::make_id();
    Spool spool(service::Runs::folder(services.workspaces.directory(), id));
    auto wanted = co_await read_wanted(request, operation, spool);
    auto run = co_await enqueue(services, request, std::move(wanted), spool, id);
    if (prefers_async(request)) co_return accepted(run);
    run = co_await run_for_client(services, request, std::move(run));
    co_return result_answer(services, std::move(run), form, kMostInline);
}

}  // namespace

bool prefers_async(const Request& request) {
    const auto prefer = request.header("prefer").value_or("");
    return prefer.find("respond-async") != std::string::npos;
}

Response accepted(const catalog::Run& run) {
    auto response = answer(catalog::to_json(run), 202);
    response.with("Location", address_of_run(run));
    response.with("Preference-Applied", "respond-async");
    return response;
}

std::vector<http::Route> execute_routes(Services& services) {
    return {
        {"POST",
         "/v1/projects/{project}/operations/{name}/execute",
         http::Principal::Role::operator_,
         "Execute an operation on documents",
         [&services](Request& request) { return execute(services, request); },
         {.description =
              "Documents come as JSON (`documents`, each with `properties` and `content` in base64 or `text`; `ids` "
              "of files on the server; `properties` of all; `parameters` of the filter; 1 MiB at most), as multipart "
              "(each part with a file name is a document), or as one content of any other type. Every execution is a "
              "run. The answer gives the run and its documents in the form that Accept asks for; contents up to 256 "
              "KiB stand in JSON itself, larger ones at their contentUrl. One document that fails is answered with "
              "the status of its failure. In a query string, parameter.NAME gives a value that the filter asks for.",
          .parameters = execution_parameters(),
          .request = "Execution multipart/form-data multipart/mixed */*",
          .response = "ExecutionResult multipart/mixed application/zip application/octet-stream",
          .other_answers = {{202, "Run"}},
          .failures = {404, 406, 409, 413, 415, 501, 502, 503, 504, 507}}}};
}

}  // namespace fairlead::api
