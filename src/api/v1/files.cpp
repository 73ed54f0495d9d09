#include "api/v1/files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <iterator>

#include "api/v1/place.hpp"
#include "service/engine.hpp"
#include "service/metrics.hpp"
#include "service/pools.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds kSweep(2);

service::SessionWatch watch_of(service::Metrics* metrics) {
    if (metrics == nullptr) return {};
    return [metrics](Protocol protocol, const Error* failure) -> std::shared_ptr<void> {
        if (failure == nullptr) return metrics->session_opened(to_string(protocol));
        metrics->session_failed(to_string(protocol), to_string(failure->code));
        return nullptr;
    };
}

}  // namespace

struct Files::Parts {
    Parts(service::WorkspacePool& workspaces, const FilesOptions& options)
        : engine({workspaces.directory() + "/transfers", options.threads, options.idle,
                  watch_of(options.metrics)}),
          handles(engine, options.handles),
          services{workspaces, engine, handles, options.metrics},
          executor(engine.thread_of("").executor),
          timer(executor) {
        if (options.metrics != nullptr) options.metrics->watch_handles([this] { return handles.count(); });
        asio::co_spawn(executor, sweep(), [this](std::exception_ptr) { swept.set_value(); });
    }

    ~Parts() {
        asio::post(executor, [this] {
            stopping = true;
            timer.cancel();
        });
        swept.get_future().wait();
    }

    /// On one of the engine's threads: sessions that nobody uses any more are closed; at the end, all of
    /// them.
    awaitable<void> sweep() {
        while (!stopping) {
            timer.expires_after(kSweep);
            boost::system::error_code ignored;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            if (!stopping) co_await handles.close_idle();
        }
        co_await handles.close_all();
    }

    service::Engine engine;
    service::Handles handles;
    FileServices services;
    asio::any_io_executor executor;
    asio::steady_timer timer;
    bool stopping = false;
    std::promise<void> swept;
};

Files::Files(service::WorkspacePool& workspaces, FilesOptions options)
    : parts_(std::make_unique<Parts>(workspaces, options)) {}

Files::~Files() = default;

std::vector<http::Route> Files::routes() {
    auto& services = parts_->services;
    std::vector<http::Route> all;
    const auto add = [&](std::vector<http::Route> some) { std::ranges::move(some, std::back_inserter(all)); };
    const std::pair<std::string, AtPlace> places[] = {
        {"/v1/projects/{project}/connections/{name}", at_connection(services)},
        {"/v1/sessions/{handle}", at_handle(services)}};
    for (const auto& [prefix, at] : places) {
        add(listing_routes(prefix, at));
        add(entry_routes(prefix, at));
        add(content_routes(prefix, at, services.metrics));
    }
    add(session_routes(services));
    // All of these ask a server, which may be away, refuse, be slow, full, or unable.
    for (auto& route : all)
        for (const unsigned status : {403, 409, 501, 502, 504, 507})
            route.notes.failures.push_back(status);
    return all;
}

service::Engine& Files::engine() noexcept {
    return parts_->engine;
}
service::Handles& Files::handles() noexcept {
    return parts_->handles;
}

}  // namespace fairlead::api
