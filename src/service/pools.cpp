#include "service/pools.hpp"

#include <iterator>
#include <set>
#include <utility>

#include "fairlead/open.hpp"
#include "transfer/failure.hpp"
#include "transfer/session_quota.hpp"

namespace fairlead::service {

namespace {

/// Opens a session that is watched from its beginning to its end.
awaitable<std::shared_ptr<FileSystem>> open_watched(const Target& target, const SessionWatch& watch) {
    std::shared_ptr<FileSystem> files;
    const auto failure = co_await transfer::caught([](const Target& where, std::shared_ptr<FileSystem>& opened)
                                                       -> awaitable<void> {
        opened = co_await fairlead::open(where.endpoint, {where.observer.get()});
    }(target, files));
    std::shared_ptr<void> kept;
    if (watch) kept = watch(target.endpoint.protocol, failure ? &*failure : nullptr);
    if (failure) throw Error(*failure);
    if (!kept && !target.observer) co_return files;
    auto* plain = files.get();
    co_return std::shared_ptr<FileSystem>(plain, [observer = target.observer, kept, files](FileSystem*) {});
}

/// As it can be reached now: a password may have been changed since the first session was opened. What was begun
/// at one place is not gone on with at another.
awaitable<Target> renewed(Target target) {
    if (!target.again) co_return target;
    auto now = co_await target.again();
    if (identity_of(now) == identity_of(target.endpoint)) target.endpoint = std::move(now);
    co_return target;
}

}  // namespace

Pools::Pools(boost::asio::any_io_executor executor, SessionWatch watch)
    : executor_(executor), watch_(std::move(watch)), servers_(executor) {}

std::shared_ptr<transfer::Sessions> Pools::make(const Target& target, unsigned most) {
    const auto user = std::make_shared<transfer::QuotaUser>(transfer::QuotaUser{executor_});
    auto first = std::make_shared<bool>(true);
    transfer::Sessions::Opener opener = [target, user, first,
                                         watch = watch_]() -> awaitable<std::shared_ptr<FileSystem>> {
        const auto now = std::exchange(*first, false) ? target : co_await renewed(target);
        auto room = co_await transfer::take_place(server_of(now.endpoint), now.endpoint.max_sessions, user);
        auto files = co_await open_watched(now, watch);
        const auto& peer = files->peer();
        if (peer.host_key_is_new && target.accepted_host_key)
            target.accepted_host_key(peer.host_key_fingerprint);
        auto* const plain = files.get();
        co_return std::shared_ptr<FileSystem>(plain, [files, room](FileSystem*) mutable {
            files.reset();  // before somebody else may come
            room.reset();
        });
    };
    const auto& endpoint = target.endpoint;
    transfer::PlaceFacts facts;
    facts.identity = identity_of(endpoint);
    facts.retries = endpoint.retry_count;
    auto server = servers_.at(server_of(endpoint), endpoint.max_sessions, {.retries = endpoint.retry_count});
    auto made = std::make_shared<transfer::Sessions>(executor_, std::move(opener), most, std::move(facts),
                                                     std::move(server));
    std::erase_if(made_, [](const auto& one) { return one.second.expired(); });
    made_.emplace_back(endpoint.protocol, made);
    user->sessions = made;
    return made;
}

void Pools::add_usage(PoolUsages& usages) {
    std::set<const transfer::Server*> servers;  // several places may be on one
    for (const auto& [protocol, known] : made_) {
        const auto sessions = known.lock();
        if (!sessions) continue;
        auto& usage = usages[std::string(to_string(protocol))];
        const auto here = sessions->usage();
        usage.in_use += here.in_use;
        usage.idle += here.open - here.in_use;
        usage.opening += here.opening;
        if (servers.insert(&sessions->server()).second) usage.waiting += sessions->server().waiting();
    }
}

std::shared_ptr<transfer::Sessions> Pools::at(const Target& target) {
    if (target.key.empty() || target.observer) return own(target, target.endpoint.max_sessions);
    auto& pool = pools_[target.key];
    pool.used = std::chrono::steady_clock::now();
    if (pool.sessions && is_same(pool.endpoint, target.endpoint)) return pool.sessions;
    if (pool.sessions) replaced_.push_back(std::move(pool.sessions));
    pool.endpoint = target.endpoint;
    pool.sessions = make(target, target.endpoint.max_sessions);
    return pool.sessions;
}

std::shared_ptr<transfer::Sessions> Pools::own(const Target& target, unsigned most) {
    return make(target, most);
}

awaitable<void> Pools::close_idle(std::chrono::steady_clock::duration longer_than) {
    const auto now = std::chrono::steady_clock::now();
    for (auto& [key, pool] : pools_)
        if (pool.sessions.use_count() > 1) pool.used = now;
    // Whoever uses them holds them: those that only we hold are idle, and out of the map nobody takes them.
    std::list<std::shared_ptr<transfer::Sessions>> idle;
    for (auto known = pools_.begin(); known != pools_.end();) {
        const bool over = now - known->second.used >= longer_than;
        if (over) idle.push_back(std::move(known->second.sessions));
        known = over ? pools_.erase(known) : std::next(known);
    }
    for (auto old = replaced_.begin(); old != replaced_.end();) {
        const bool over = old->use_count() == 1;
        if (over) idle.push_back(std::move(*old));
        old = over ? replaced_.erase(old) : std::next(old);
    }
    for (const auto& sessions : idle)
        (void)co_await transfer::caught(sessions->close());
}

awaitable<void> Pools::close() {
    auto pools = std::move(pools_);
    pools_.clear();
    for (const auto& [key, pool] : pools)
        replaced_.push_back(pool.sessions);
    const auto all = std::move(replaced_);
    replaced_.clear();
    for (const auto& sessions : all)
        (void)co_await transfer::caught(sessions->close());
}

}  // namespace fairlead::service
