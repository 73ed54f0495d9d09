#include "transfer/session_quota.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <vector>

#include "transfer/failure.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {
namespace {

namespace asio = boost::asio;
using User = std::shared_ptr<QuotaUser>;

constexpr std::chrono::seconds kTurn(2);   // so long those keep theirs who have no more than who waits
constexpr std::chrono::seconds kHold(10);  // so long a thread that has a session waits for another one

struct Waiter {
    User user;
    asio::steady_timer timer;
    bool granted = false;
    bool insists = false;
};

/// The sessions to one server.
struct Line {
    unsigned most = std::numeric_limits<unsigned>::max();
    unsigned open = 0;
    std::list<std::shared_ptr<Waiter>> waiting;
    std::vector<User> users;  // that have a place

    unsigned on_thread_of(const QuotaUser& user) const {
        unsigned count = 0;
        for (const auto& each : users)
            if (each->executor == user.executor) count += each->open;
        return count;
    }

    /// Whether somebody waits for whom this one has to give a session back.
    bool must_give(const QuotaUser& user) const {
        if (user.open == 0) return false;
        const auto theirs = on_thread_of(user);
        return std::ranges::any_of(waiting, [&](const auto& waiter) {
            if (waiter->user.get() == &user) return false;
            const auto ours = on_thread_of(*waiter->user);
            return waiter->insists || (theirs > ours && (ours == 0 || theirs >= ours + 2));
        });
    }
};

std::mutex mutex;
std::map<std::string, Line> lines;  // guarded by it

/// To those who wait, as far as there is room. Under the lock.
void grant(Line& line) {
    while (line.open < line.most && !line.waiting.empty()) {
        const auto next = std::ranges::min_element(
            line.waiting, {}, [&](const auto& waiter) { return line.on_thread_of(*waiter->user); });
        const auto waiter = *next;
        line.waiting.erase(next);
        ++line.open;
        if (++waiter->user->open == 1) line.users.push_back(waiter->user);
        waiter->granted = true;
        asio::post(waiter->timer.get_executor(), [waiter] { waiter->timer.cancel(); });
    }
}

void forget_if_unused(const std::string& server) {
    const auto found = lines.find(server);
    if (found->second.open == 0 && found->second.waiting.empty()) lines.erase(found);
}

void give_back(const std::string& server, const User& user) {
    const std::lock_guard lock(mutex);
    auto& line = lines.at(server);
    --line.open;
    if (--user->open == 0) std::erase(line.users, user);
    grant(line);
    forget_if_unused(server);
}

/// False, and nobody has asked, when there is nothing to give any more.
bool has_to_give(const std::string& server, const User& user) {
    const std::lock_guard lock(mutex);
    const auto found = lines.find(server);
    user->asked = found != lines.end() && found->second.must_give(*user);
    return user->asked;
}

/// Stands in line for a session like everybody else there, and closes it.
awaitable<void> give_way(std::string server, User user) {
    while (has_to_give(server, user)) {
        const auto sessions = user->sessions.lock();
        if (!sessions) co_return;  // they go anyway
        const auto close_one = [](Sessions& place, const std::string& where, const User& who) -> awaitable<void> {
            auto lease = co_await place.take();
            if (!has_to_give(where, who)) co_return;
            lease.broken();
            (void)co_await caught(lease.files().close());
        };
        const auto failure = co_await caught(close_one(*sessions, server, user));
        if (failure) break;
    }
    const std::lock_guard lock(mutex);
    user->asked = false;
}

void ask_others(const std::string& server) {
    const std::lock_guard lock(mutex);
    const auto& line = lines.at(server);
    for (const auto& user : line.users) {
        if (user->asked || !line.must_give(*user)) continue;
        user->asked = true;
        asio::co_spawn(user->executor, give_way(server, user), asio::detached);
    }
}

/// Whether there is a place now, or it is given up.
bool ends_waiting(const std::string& server, const std::shared_ptr<Waiter>& waiter, bool cancelled, bool late) {
    const std::lock_guard lock(mutex);
    if (waiter->granted) return true;
    auto& line = lines.at(server);
    waiter->insists = true;
    const bool holds = line.on_thread_of(*waiter->user) > 0;
    if (!cancelled && !(late && holds)) return false;
    line.waiting.remove(waiter);
    forget_if_unused(server);
    return true;
}

}  // namespace

awaitable<std::shared_ptr<void>> take_place(std::string server, unsigned most, std::shared_ptr<QuotaUser> user) {
    using Clock = std::chrono::steady_clock;
    const auto waiter = std::make_shared<Waiter>(Waiter{user, asio::steady_timer(user->executor)});
    bool over = false, cancelled = false;
    {
        const std::lock_guard lock(mutex);
        auto& line = lines[server];
        line.most = std::min(line.most, std::max(1u, most));
        line.waiting.push_back(waiter);
        grant(line);
        over = waiter->granted;
    }
    for (const auto began = Clock::now(); !over;) {
        ask_others(server);
        waiter->timer.expires_after(kTurn);
        boost::system::error_code woken;
        co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
        over = ends_waiting(server, waiter, cancelled, Clock::now() - began >= kHold);
    }
    if (waiter->granted)
        co_return std::shared_ptr<void>(static_cast<void*>(nullptr), [server, user](void*) { give_back(server, user); });
    if (cancelled) throw Error(ErrorCode::cancelled, "Stopped while waiting for a session.");
    throw Error(ErrorCode::server_busy, "As many sessions to the server as it may have are in use by others.");
}

}  // namespace fairlead::transfer
