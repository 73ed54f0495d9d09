// Events of monitors, as pages and as they come.

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/v1/monitor_services.hpp"
#include "monitor/cloud_event.hpp"
#include "monitor/deliverer.hpp"
#include "monitor/monitor_state.hpp"
#include "service/monitors.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;
using http::Request;
using http::Response;
using service::Workspace;

constexpr auto kLook = std::chrono::milliseconds(500);
constexpr auto kSilence = std::chrono::seconds(15);
constexpr std::size_t kPage = 100;

/// The number of the last event that the client knows: Last-Event-ID, or the cursor.
std::optional<std::int64_t> known_to(const Request& request) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const auto header = request.header("last-event-id");
    if (!header || header->empty()) return number_of(request, "cursor", 0, kMost);
    Request as_parameter;
    as_parameter.query.emplace_back("Last-Event-ID", *header);
    return number_of(as_parameter, "Last-Event-ID", 0, kMost);
}

/// The events of one monitor as they come.
class Stream {
  public:
    Stream(MonitorServices& services, catalog::Monitor monitor, service::Actor actor, std::uint64_t after)
        : services_(services), monitor_(std::move(monitor)), actor_(std::move(actor)), after_(after) {}

    awaitable<std::string> next() {
        if (!begun_) {
            begun_ = true;
            co_return ": events of the monitor\n\n";
        }
        const auto silent_since = std::chrono::steady_clock::now();
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (;;) {
            std::vector<catalog::FileEvent> found;
            co_await services_.workspaces.run(actor_, [&](Workspace& workspace) {
                found = workspace.store().events().list(monitor_.record.id, after_, kPage);
            });
            std::string text;
            for (const auto& event : found)
                text += fmt::format("id: {}\nevent: fairlead.file.{}\ndata: {}\n\n", event.sequence,
                                    to_string(event.change), monitor::cloud_event(event, monitor_, {}));
            if (!found.empty()) {
                after_ = found.back().sequence;
                co_return text;
            }
            if (std::chrono::steady_clock::now() - silent_since > kSilence) co_return ":\n\n";
            timer.expires_after(kLook);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

  private:
    MonitorServices& services_;
    catalog::Monitor monitor_;
    service::Actor actor_;
    std::uint64_t after_;
    bool begun_ = false;
};

Response stream_of(MonitorServices& services, Request& request, catalog::Monitor monitor, std::uint64_t after) {
    auto stream = std::make_shared<Stream>(services, std::move(monitor), actor_of(request), after);
    Response response;
    response.with("Content-Type", "text/event-stream");
    response.with("Cache-Control", "no-store");
    response.endless = true;
    response.stream = [stream]() -> awaitable<http::Bytes> {
        const auto text = co_await stream->next();
        http::Bytes bytes;
        const auto* first = reinterpret_cast<const std::byte*>(text.data());
        bytes.assign(first, first + text.size());
        co_return bytes;
    };
    return response;
}

awaitable<Response> events(MonitorServices& services, Request& request) {
    refuse_unknown_parameters(request, {"cursor", "limit"});
    const auto limit = static_cast<std::size_t>(number_of(request, "limit", 1, 1000).value_or(100));
    const auto known = known_to(request);
    const auto accepts = request.header("accept").value_or("");
    const bool streams = accepts.find("text/event-stream") != std::string_view::npos;
    catalog::Monitor monitor;
    std::uint64_t after = static_cast<std::uint64_t>(known.value_or(0));
    boost::json::object page;
    co_await services.workspaces.run(actor_of(request), [&](Workspace& workspace) {
        monitor = monitor_in(workspace, request, false);
        if (!streams)
            page = monitor::events_of(workspace.store(), monitor, after, limit);
        else if (!known)
            after = workspace.store().events().newest();
    });
    if (streams) co_return stream_of(services, request, std::move(monitor), after);
    co_return answer(page);
}

}  // namespace

std::vector<http::Route> monitor_event_routes(MonitorServices& services) {
    const auto with = [&services](awaitable<Response> (*handler)(MonitorServices&, Request&)) {
        return [&services, handler](Request& request) { return handler(services, request); };
    };
    using Role = http::Principal::Role;
    const std::string one = "/v1/projects/{project}/monitors/{name}";
    const http::RouteNotes::Parameter cursor{"cursor", "`next` of the page before: an event's sequence"};
    const http::RouteNotes::Parameter limit{"limit", "Items of a page, up to 1000", "integer"};
    return {
        {"GET", one + "/events", Role::viewer, "The events of a monitor, as pages or as they come", with(&events),
         {.description = "With `Accept: text/event-stream` the events come as they are noticed (server-sent events: id, "
                         "event, data with the CloudEvent), from now on or after Last-Event-ID; a comment comes in "
                         "silence, every 15 seconds.",
          .parameters = {cursor, limit,
                         {"Last-Event-ID", "The id of the last event that was heard: goes on after it", "string", true}},
          .response = "MonitorEventPage",
          .failures = {404}}}};
}

}  // namespace fairlead::api
