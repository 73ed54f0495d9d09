#include "transfer/sessions.hpp"

#include <algorithm>
#include <limits>

#include "base/run_together.hpp"
#include "base/side_task.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::chrono::seconds kCheckedAfter(20);   // idle; servers and middle boxes drop what is silent
constexpr std::chrono::seconds kRetiredAfter(120);  // idle; others may need the place

awaitable<void> open_into(Sessions::Opener open, std::shared_ptr<FileSystem>& files) {
    files = co_await open();
}

Error error_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& error) {
        return Error(ErrorCode::internal, error.what());
    }
}

}  // namespace

struct Sessions::Session {
    std::shared_ptr<FileSystem> files;
    unsigned in_use = 0;
    bool broken = false;
    bool served = false;  // it has worked for somebody
    SessionBudget::Moment used{};

    unsigned places() const { return std::max(1u, files->abilities().concurrent_operations); }
    bool idle() const { return in_use == 0 && !broken; }
};

/// A log-in under way.
struct Sessions::Opening {
    Sessions* owner;  // null once it is gone
    std::shared_ptr<FileSystem> files{};
    std::optional<SideTask> task{};
    bool awaited = true;  // else what comes of it is for whoever is next
    bool ended = false;
    std::optional<Lease> lease{};  // of the new session, where it was awaited
    std::optional<Error> failure{};
};

Sessions::Lease::Lease(Sessions& sessions, std::shared_ptr<Session> session)
    : sessions_(&sessions), session_(std::move(session)) {
    ++session_->in_use;
}

Sessions::Lease::Lease(Lease&& other) noexcept
    : sessions_(other.sessions_), session_(std::move(other.session_)) {}

Sessions::Lease::~Lease() {
    if (!session_) return;
    session_->used = sessions_->server_->clock();
    session_->served = true;
    if (--session_->in_use == 0 && session_->broken) sessions_->forget(session_);
    sessions_->server_->changed();
}

FileSystem& Sessions::Lease::files() const {
    return *session_->files;
}
unsigned Sessions::Lease::places() const {
    return session_->places();
}
void Sessions::Lease::broken() {
    session_->broken = true;
}
bool Sessions::Lease::failed(const Error& failure) {
    if (failure.session_usable) return false;
    const bool died = session_->served && failure.code == ErrorCode::connection_lost && files().has_ended();
    broken();
    return died;
}

Sessions::Sessions(boost::asio::any_io_executor executor, Opener open, unsigned most, PlaceFacts place,
                   std::shared_ptr<Server> server)
    : executor_(executor),
      open_(std::move(open)),
      most_(std::max(1u, most)),
      place_(std::move(place)),
      server_(server ? std::move(server)
                     : std::make_shared<Server>(executor, std::numeric_limits<unsigned>::max(),
                                                Patience{.retries = place_.retries})) {
    server_->users_.push_back(this);
}

Sessions::~Sessions() {
    server_->users_.remove(this);
    for (const auto& opening : openings_) {
        opening->owner = nullptr;
        opening->task->cancel();
    }
    for (std::size_t i = 0; i < sessions_.size(); ++i)
        server_->budget.ended();
}

unsigned Sessions::most() const noexcept {
    return std::min(most_, server_->budget.allowed());
}

Sessions::Usage Sessions::usage() const noexcept {
    Usage usage{sessions_.size(), 0, openings_.size()};
    for (const auto& session : sessions_)
        if (session->in_use > 0) ++usage.in_use;
    return usage;
}

void Sessions::forget(const std::shared_ptr<Session>& session) {
    sessions_.remove(session);
    server_->budget.ended();
}

std::shared_ptr<Sessions::Session> Sessions::free_session(const Session* besides) const {
    std::shared_ptr<Session> last_choice;
    for (const auto& session : sessions_) {
        if (session->broken || session->in_use >= session->places()) continue;
        if (session.get() != besides) return session;
        last_choice = session;
    }
    return last_choice;
}

/// Reserves it, unless it is seen to be over; and makes sure that it still answers if nobody has used it for a
/// while.
awaitable<std::optional<Sessions::Lease>> Sessions::still_good(std::shared_ptr<Session> session) {
    const bool fresh = session->in_use > 0 || server_->clock() - session->used < kCheckedAfter;
    std::optional<Lease> lease(Lease(*this, std::move(session)));
    if (lease->files().has_ended()) {
        lease->broken();
        co_return std::nullopt;
    }
    if (fresh) co_return lease;
    const auto silent = co_await caught(lease->files().ping());
    if (!silent) co_return lease;
    lease->broken();
    if (silent->code == ErrorCode::cancelled) throw Error(*silent);
    co_return std::nullopt;
}

/// Closes sessions that nobody has used for long.
awaitable<void> Sessions::retire_idle(std::chrono::steady_clock::duration longer_than, unsigned at_most) {
    std::list<std::shared_ptr<Session>> retired;
    for (const auto& session : sessions_)
        if (retired.size() < at_most && session->idle() && server_->clock() - session->used >= longer_than)
            retired.push_back(session);
    for (const auto& session : retired)
        session->broken = true;  // for nobody to take meanwhile
    for (const auto& session : retired) {
        (void)co_await caught(session->files->close());
        forget(session);
    }
}

/// Where the server's budget is used up by idle sessions of other places, one of those goes. Whether one did.
awaitable<bool> Sessions::make_room() {
    const auto users = server_->users_;
    for (auto* user : users) {
        const auto& theirs = user->sessions_;
        if (user == this || std::ranges::none_of(theirs, [](const auto& session) { return session->idle(); }))
            continue;
        co_await user->retire_idle(std::chrono::seconds(0), 1);
        co_return true;
    }
    co_return false;
}

/// For whoever is first in line: a free place, else a new session where there may be one; nothing when there
/// is neither now.
awaitable<std::optional<Sessions::Lease>> Sessions::obtain(Server::Turn& turn, const Session* besides) {
    auto& budget = server_->budget;
    while (turn.is_first()) {
        if (auto session = free_session(besides)) {
            auto lease = co_await still_good(std::move(session));
            if (lease) co_return lease;
            continue;
        }
        // A broken session counts until it is gone: the server counts it too.
        if (sessions_.size() + openings_.size() >= most_) break;
        if (!budget.may_begin(server_->clock())) {
            const bool made = co_await make_room();
            if (made) continue;
            break;
        }
        auto lease = co_await open_or_find(turn, besides);
        if (lease) co_return lease;
    }
    co_return std::nullopt;
}

/// Starts a log-in that goes on whether or not somebody waits for it.
std::shared_ptr<Sessions::Opening> Sessions::begin_opening() {
    server_->budget.begin();
    const auto opening = std::make_shared<Opening>(Opening{this});
    openings_.push_back(opening);
    SideTask::Ended ended = [opening, server = server_](std::exception_ptr thrown) {
        opening->ended = true;
        if (opening->owner != nullptr) return opening->owner->opened(*opening, thrown);
        if (thrown) return server->budget.failed_unnoticed(error_of(thrown), server->clock(), luck());
        server->budget.succeeded();
        server->budget.ended();
    };
    opening->task.emplace(executor_, open_into(open_, opening->files), std::move(ended));
    return opening;
}

void Sessions::opened(Opening& opening, std::exception_ptr thrown) {
    auto& budget = server_->budget;
    if (!thrown) {
        budget.succeeded();
        reached_ = true;
        auto session = std::make_shared<Session>();
        session->files = std::move(opening.files);
        session->used = server_->clock();
        sessions_.push_back(session);
        if (opening.awaited) opening.lease.emplace(Lease(*this, std::move(session)));
    } else {
        const auto failure = error_of(thrown);
        if (!opening.awaited)
            budget.failed_unnoticed(failure, server_->clock(), luck());
        else if (!budget.failed(failure, server_->clock(), luck()))
            opening.failure = failure;
    }
    server_->changed();
    openings_.remove_if([&](const auto& one) { return one.get() == &opening; });
}

/// A new session, or another one that becomes free while it is being opened. Leaves the line meanwhile, so
/// that others can open or use one too. Nothing when neither came of it, and waiting in the line is next.
awaitable<std::optional<Sessions::Lease>> Sessions::open_or_find(Server::Turn& turn, const Session* besides) {
    const auto opening = begin_opening();
    turn.leave();
    while (!opening->ended) {
        const auto stopped = co_await caught(server_->wait());
        if (stopped) {  // it ends with us
            opening->task->cancel();
            while (!opening->ended)
                (void)co_await caught(server_->wait());
            throw Error(*stopped);
        }
        const auto session = opening->ended || !turn.is_due() ? nullptr : free_session(besides);
        if (!session) continue;
        opening->awaited = false;
        turn.enter();
        auto lease = co_await still_good(session);
        if (lease) co_return lease;
        turn.leave();
        opening->awaited = true;
    }
    turn.enter();
    if (opening->failure) throw Error(*opening->failure);
    co_return std::exchange(opening->lease, std::nullopt);
}

awaitable<Sessions::Lease> Sessions::take() {
    Server::Turn turn(*server_);
    for (;;) {
        if (turn.is_first()) {
            co_await retire_idle(kRetiredAfter, std::numeric_limits<unsigned>::max());
            auto lease = co_await obtain(turn);
            if (lease) co_return std::move(*lease);
        }
        co_await turn.wait();
    }
}

awaitable<std::optional<Sessions::Lease>> Sessions::take_spare(std::function<bool()> wanted) {
    Server::Turn turn(*server_);
    if (!turn.is_first()) co_return std::nullopt;
    const auto idle = std::ranges::find_if(sessions_, [](const auto& session) { return session->idle(); });
    if (idle != sessions_.end()) {
        auto lease = co_await still_good(*idle);
        co_return lease;
    }
    if (sessions_.size() + openings_.size() >= most_ || !server_->budget.may_begin(server_->clock())) {
        auto shared = free_session(nullptr);
        if (!shared) co_return std::nullopt;
        auto lease = co_await still_good(std::move(shared));
        co_return lease;
    }
    const auto opening = begin_opening();
    turn.leave();
    while (!opening->ended) {
        const auto stopped = co_await caught(server_->wait());
        if (opening->ended || (!stopped && wanted())) continue;
        opening->task->cancel();
        while (!opening->ended)
            (void)co_await caught(server_->wait());
        if (stopped) throw Error(*stopped);
    }
    co_return std::exchange(opening->lease, std::nullopt);
}

awaitable<std::pair<Sessions::Lease, Sessions::Lease>> Sessions::take_both(Sessions& one, Sessions& other) {
    if (one.server_ != other.server_) {
        // In the same order everywhere, on all threads, so that nobody waits in a circle.
        const bool named = one.identity() != other.identity();
        const bool in_order = named ? one.identity() < other.identity()
                                    : std::less<>{}(one.server_.get(), other.server_.get());
        auto& first = in_order ? one : other;
        auto& second = in_order ? other : one;
        auto a = co_await first.take();
        auto b = co_await second.take();
        if (in_order) co_return std::pair(std::move(a), std::move(b));
        co_return std::pair(std::move(b), std::move(a));
    }
    const auto& budget = one.server_->budget;
    Server::Turn turn(*one.server_);
    for (;;) {
        if (turn.is_first()) {
            auto a = co_await one.obtain(turn);
            if (a) {
                auto b = co_await other.obtain(turn, a->session_.get());
                if (b) co_return std::pair(std::move(*a), std::move(*b));
            }
            if (budget.most() < 2 || (&one == &other && one.most_ < 2))
                throw Error(ErrorCode::invalid_argument,
                            "Copying within this server needs two sessions at once, but only one is allowed.")
                    .hinting("raise maxSessions: fairlead connection update NAME --max-sessions 2");
            if (a && budget.allowed() < 2)
                throw Error(ErrorCode::server_busy,
                            "Copying within this server needs two sessions at once, but it grants only one "
                            "at present.");
        }
        co_await turn.wait();
    }
}

awaitable<void> Sessions::close() {
    for (const auto& opening : openings_)
        opening->task->cancel();
    while (!openings_.empty())
        co_await server_->wait();
    auto sessions = sessions_;
    const auto say_good_bye = [](std::shared_ptr<Session> session) -> awaitable<void> {
        (void)co_await caught(session->files->close());
    };
    std::vector<awaitable<void>> good_byes;
    for (const auto& session : sessions)
        if (!session->broken) good_byes.push_back(say_good_bye(session));
    (void)co_await caught(run_together(std::move(good_byes)));
    for (const auto& session : sessions)
        forget(session);
    server_->changed();
}

}  // namespace fairlead::transfer
