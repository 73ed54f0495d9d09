#include "api/event_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "monitor/cloud_event.hpp"
#include "service/monitors.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;
using catalog::RunEvent;
using Steady = std::chrono::steady_clock;

constexpr auto kLook = std::chrono::milliseconds(500);
constexpr auto kHeartbeat = std::chrono::seconds(15);
constexpr std::size_t kPage = 200;
constexpr std::size_t kMostWaiting = 256;  // events for one listener; one that is slower reads from the store

const service::Actor kActor{"daemon", "daemon"};

/// An event as it goes out: its text is made when somebody wants it, once for all.
class Said {
  public:
    Said(std::int64_t number_, std::string run_, std::string project_, bool ends_run_, std::function<std::string()> make)
        : number(number_), run(std::move(run_)), project(std::move(project_)), ends_run(ends_run_), make_(std::move(make)) {}

    const std::string& text() const {
        if (make_) text_ = std::exchange(make_, nullptr)();
        return text_;
    }

    std::int64_t number;
    std::string run;  ///< empty: it is none of a run
    std::string project;
    bool ends_run;

  private:
    mutable std::function<std::string()> make_;
    mutable std::string text_;
};

std::string text_of(std::int64_t number, std::string_view type, const std::string& document) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", number, type, document);
}

Said said(const RunEvent& event) {
    auto make = [event] { return text_of(event.number, event.type, boost::json::serialize(catalog::to_json(event))); };
    return {event.number, event.run, event.project, event.type == "run.finished", std::move(make)};
}

/// Nothing where its monitor is gone.
std::optional<Said> said(const catalog::FileEvent& event, const std::optional<catalog::Monitor>& monitor) {
    const auto number = static_cast<std::int64_t>(event.sequence);
    if (!event.document.empty()) {
        const auto document = boost::json::parse(event.document);
        return Said(number, {}, std::string(document.at("data").at("project").as_string()), false,
                    [number, type = std::string(document.at("type").as_string()), text = event.document] {
                        return text_of(number, type, text);
                    });
    }
    if (!monitor) return std::nullopt;
    return Said(number, {}, monitor->record.project, false, [number, event, monitor] {
        return text_of(number, fmt::format("fairlead.file.{}", to_string(event.change)),
                       monitor::cloud_event(event, *monitor, {}));
    });
}

/// A number up to which every event can be seen now: they become visible in the order of their numbers.
std::int64_t newest_in(service::Workspace& workspace) {
    const auto of_runs = service::Runs(workspace).store().newest_event();
    return std::max(of_runs, static_cast<std::int64_t>(workspace.store().events().newest()));
}

struct Page {
    std::vector<Said> events;  ///< by number
    std::int64_t up_to = 0;    ///< nothing is left out up to this number
    bool more = false;         ///< there are more after it
};

/// The events of runs and of monitors, flows and operations after a number: at most some `limit` of each.
Page page_of(service::Workspace& workspace, const EventWish& wish, std::int64_t after, std::size_t limit) {
    Page page;
    page.up_to = std::max(after, newest_in(workspace));
    store::EventQuery query;
    query.after = after;
    query.run = wish.run;
    query.projects = wish.projects;
    query.limit = limit;
    const auto runs = service::Runs(workspace).store().events(query);
    std::vector<catalog::FileEvent> others;
    if (wish.run.empty())
        others = workspace.store().events().list("", static_cast<std::uint64_t>(after), limit);
    // Where one of the two goes on, nothing after its end is known to be next.
    if (runs.size() == limit) page.up_to = std::min(page.up_to, runs.back().number);
    if (others.size() == limit) page.up_to = std::min(page.up_to, static_cast<std::int64_t>(others.back().sequence));
    page.more = runs.size() == limit || others.size() == limit;
    for (const auto& event : runs)
        if (event.number <= page.up_to) page.events.push_back(said(event));
    std::map<std::string, std::optional<catalog::Monitor>> monitors;
    for (const auto& event : others) {
        if (static_cast<std::int64_t>(event.sequence) > page.up_to) break;
        auto monitor = monitors.find(event.monitor);
        if (monitor == monitors.end())
            monitor = monitors.emplace(event.monitor, service::Monitors(workspace).find(event.monitor)).first;
        if (auto one = said(event, monitor->second)) page.events.push_back(std::move(*one));
    }
    std::ranges::sort(page.events, {}, &Said::number);
    return page;
}

http::Bytes bytes_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return http::Bytes(begin, begin + text.size());
}

bool is_wanted(const EventWish& wish, const Said& event) {
    if (!wish.run.empty() && wish.run != event.run) return false;
    return wish.projects.empty() || std::ranges::find(wish.projects, event.project) != wish.projects.end();
}

}  // namespace

/// All of it belongs to the thread of the HTTP server, on which listeners are served, but for what the mutex guards.
struct EventHub::Parts : std::enable_shared_from_this<Parts> {
    explicit Parts(service::WorkspacePool& workspaces_) : workspaces(workspaces_) {}

    struct Listener {
        explicit Listener(EventWish wish_) : wish(std::move(wish_)) {}
        EventWish wish;
        std::int64_t last = 0;                          // the number of the newest event that it was given
        std::deque<std::shared_ptr<const Said>> waiting;
        bool joined = false;
        bool behind = true;  // what it wants is in the store, and not, or not only, in `waiting`
        bool ended = false;
        std::optional<asio::steady_timer> timer;

        void wake() {
            if (timer) timer->cancel();
        }
    };

    /// The server's end of a listener; gone with the response.
    struct Seat {
        std::shared_ptr<Parts> parts;
        std::shared_ptr<Listener> listener;
        ~Seat() { parts->leave(listener); }
    };

    void join(const std::shared_ptr<Listener>& listener, const asio::any_io_executor& executor) {
        listener->timer.emplace(executor);
        listener->joined = true;
        listeners.push_back(listener);
        count = listeners.size();
        if (polls) return;
        polls = true;
        position.reset();
        {
            const std::scoped_lock lock(mutex);
            timer.emplace(executor);
        }
        asio::co_spawn(executor, poll(shared_from_this()), asio::detached);
    }

    void leave(const std::shared_ptr<Listener>& listener) {
        if (!listener->joined) return;
        listeners.remove(listener);
        count = listeners.size();
        if (listeners.empty() && timer) timer->cancel();  // on this thread nobody else changes it
    }

    /// Reads the store once for all, as long as anybody listens.
    static awaitable<void> poll(std::shared_ptr<Parts> self) {
        while (!self->listeners.empty()) {
            self->asked = false;
            (void)co_await transfer::caught(self->read_new());  // a store that is away is asked again
            if (self->listeners.empty()) break;
            if (self->asked.exchange(false)) continue;
            self->timer->expires_after(kLook);
            boost::system::error_code woken;
            co_await self->timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        self->polls = false;
        const std::scoped_lock lock(self->mutex);
        self->timer.reset();
    }

    awaitable<void> read_new() {
        if (!position) {
            std::int64_t newest = 0;
            co_await workspaces.run(kActor, [&](service::Workspace& workspace) { newest = newest_in(workspace); });
            position = newest;
            for (const auto& listener : listeners)
                listener->wake();
        }
        for (bool more = true; more;) {
            Page page;
            co_await workspaces.run(kActor, [&](service::Workspace& workspace) {
                page = page_of(workspace, {}, *position, kPage);
            });
            more = page.more;
            for (auto& event : page.events)
                hand_out(std::make_shared<const Said>(std::move(event)));
            position = page.up_to;
        }
    }

    void hand_out(const std::shared_ptr<const Said>& event) {
        for (const auto& listener : listeners) {
            if (!is_wanted(listener->wish, *event)) continue;
            if (listener->waiting.size() == kMostWaiting) {
                listener->waiting.clear();
                listener->behind = true;
            }
            listener->waiting.push_back(event);
            listener->wake();
        }
    }

    /// What the listener is given next.
    awaitable<http::Bytes> next(std::shared_ptr<Listener> listener) {
        if (!listener->joined) {
            join(listener, co_await asio::this_coro::executor);
            co_return bytes_of("retry: 2000\n\n");  // the client sees at once that it is heard
        }
        const auto until = Steady::now() + kHeartbeat;
        for (;;) {
            if (listener->ended) co_return http::Bytes{};
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "The server stops.");
            if (position && listener->behind) {
                auto text = co_await read_older(*listener);
                if (!text.empty()) co_return bytes_of(text);
                continue;
            }
            auto text = take(*listener);
            if (!text.empty()) co_return bytes_of(text);
            if (Steady::now() >= until) co_return bytes_of(": nothing new\n\n");
            listener->timer->expires_at(until);
            boost::system::error_code woken;
            co_await listener->timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

    /// A page from the store. Once there is nothing more, what waits goes on from there: it was handed out since
    /// before the store was asked.
    awaitable<std::string> read_older(Listener& listener) {
        if (!listener.wish.after) {
            listener.wish.after = listener.last = *position;
            listener.behind = false;
            co_return std::string();
        }
        listener.last = std::max(listener.last, *listener.wish.after);
        listener.behind = false;
        Page page;
        co_await workspaces.run(kActor, [&](service::Workspace& workspace) {
            page = page_of(workspace, listener.wish, listener.last, kPage);
        });
        if (page.more) listener.behind = true;
        std::string text;
        for (const auto& event : page.events)
            if (is_wanted(listener.wish, event)) give(listener, event, text);
        listener.last = std::max(listener.last, page.up_to);
        co_return text;
    }

    std::string take(Listener& listener) {
        std::string text;
        while (!listener.waiting.empty() && !listener.ended) {
            const auto one = std::move(listener.waiting.front());
            listener.waiting.pop_front();
            if (one->number > listener.last) give(listener, *one, text);
        }
        return text;
    }

    static void give(Listener& listener, const Said& one, std::string& text) {
        text += one.text();
        listener.last = one.number;
        if (one.ends_run && !listener.wish.run.empty()) listener.ended = true;
    }

    service::WorkspacePool& workspaces;
    std::list<std::shared_ptr<Listener>> listeners;
    std::atomic<std::size_t> count = 0;
    std::optional<std::int64_t> position;  // of the newest event that was handed out; absent: not known yet
    bool polls = false;
    std::atomic<bool> asked = false;
    std::mutex mutex;                        // of the next: `look` comes from anywhere
    std::optional<asio::steady_timer> timer;  // there while the store is polled
};

EventHub::EventHub(service::WorkspacePool& workspaces) : parts_(std::make_shared<Parts>(workspaces)) {}

EventHub::~EventHub() = default;

http::Response EventHub::listen(EventWish wish) {
    const auto seat = std::make_shared<Parts::Seat>(
        Parts::Seat{parts_, std::make_shared<Parts::Listener>(std::move(wish))});
    http::Response response;
    response.endless = true;
    response.with("Content-Type", "text/event-stream");
    response.with("X-Accel-Buffering", "no");
    response.stream = [seat] { return seat->parts->next(seat->listener); };
    return response;
}

void EventHub::look() {
    parts_->asked = true;
    const std::scoped_lock lock(parts_->mutex);
    if (!parts_->timer) return;
    asio::post(parts_->timer->get_executor(), [weak = std::weak_ptr(parts_)] {
        if (const auto parts = weak.lock(); parts && parts->timer) parts->timer->cancel();
    });
}

std::size_t EventHub::listeners() const noexcept {
    return parts_->count;
}

}  // namespace fairlead::api
