#include "api/v1/run_for_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <string>
#include <utility>

#include "api/parameters.hpp"
#include "service/runner.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;

awaitable<void> cancel(Services& services, service::Actor actor, std::string id) {
    std::function<void(service::Workspace&)> work = [&](service::Workspace& workspace) {
        service::Runs(workspace).cancel(id);
    };
    co_await services.workspaces.run(std::move(actor), std::move(work));
    services.runner.look();
}

}  // namespace

awaitable<catalog::Run> run_for_client(Services& services, const http::Request& request, catalog::Run run) {
    const auto executor = co_await asio::this_coro::executor;
    std::exception_ptr stopped;
    try {
        run = co_await services.runner.wait_for(run.id);
    } catch (...) {
        stopped = std::current_exception();
    }
    if (!stopped) co_return run;
    if (request.client_has_gone() && !request.header("idempotency-key"))  // what is cancelled here cannot wait for anything itself
        asio::co_spawn(executor, cancel(services, actor_of(request), run.id), asio::detached);
    std::rethrow_exception(stopped);
}

}  // namespace fairlead::api
