#include "service/handles.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/base64.hpp"
#include "base/mask.hpp"
#include "service/handle_impl.hpp"
#include "service/pools.hpp"
#include "transfer/failure.hpp"

namespace fairlead::service {
namespace {

constexpr std::size_t kRandomBytes = 24;

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string unguessable_id() {
    std::array<char, kRandomBytes> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return "h_" + to_base64url(std::string_view(bytes.data(), bytes.size()));
}

Error unknown(const std::string& id) {
    // An id is a key, so not all of it is repeated.
    return Error(ErrorCode::not_found, fmt::format("There is no open session '{}...'.", id.substr(0, 6)))
        .hinting("it was closed, perhaps because nobody had used it for long; open another one");
}

}  // namespace

/// A handle and what is known of it. `handle` is only touched on the engine thread; the rest under the lock.
struct Handles::Open {
    explicit Open(std::string server_) : server(std::move(server_)) {}
    const std::string server;
    std::shared_ptr<Handle> handle;
    HandleInfo info;
    unsigned in_use = 0;
    std::chrono::steady_clock::time_point used = std::chrono::steady_clock::now();
};

Handles::Handles(Engine& engine, HandleLimits limits) : engine_(engine), limits_(limits) {}
Handles::~Handles() = default;

awaitable<HandleInfo> Handles::open(Request request) {
    const auto idle = request.idle.value_or(limits_.idle);
    if (idle < std::chrono::seconds(1) || idle > limits_.longest_idle) {
        auto error = Error(ErrorCode::invalid_argument,
                           fmt::format("An idle time of {} seconds is not possible.", idle.count()));
        error.faults.push_back({"idleSeconds", std::to_string(idle.count()),
                                fmt::format("from 1 to {}", limits_.longest_idle.count())});
        throw error;
    }
    {
        const std::lock_guard lock(mutex_);
        const auto theirs = std::ranges::count_if(
            open_, [&](const auto& known) { return known.second->info.owner == request.owner; });
        const bool full = open_.size() + opening_ >= limits_.most;
        if (full || static_cast<std::size_t>(theirs) >= limits_.most_of_owner)
            throw Error(ErrorCode::server_busy,
                        fmt::format("There are {} open sessions already, which is the limit.",
                                    full ? limits_.most : limits_.most_of_owner))
                .hinting("close those that are not needed any more");
        ++opening_;
    }
    struct Until {
        Handles& handles;
        ~Until() {
            const std::lock_guard lock(handles.mutex_);
            --handles.opening_;
        }
    } until{*this};
    const auto& endpoint = request.target.endpoint;
    auto open = std::make_shared<Open>(server_of(endpoint));
    auto& info = open->info;
    const Mask mask(endpoint.hidden);
    info.id = unguessable_id();
    info.project = request.project;
    info.owner = request.owner;
    info.connection = request.connection;
    info.protocol = to_string(endpoint.protocol);
    info.host = mask.hidden(endpoint.host);
    const auto port = std::to_string(endpoint.port);
    info.port = mask.hidden(port) == port ? endpoint.port : 0;
    info.username = mask.hidden(endpoint.username);
    info.idle = idle;
    std::function<awaitable<void>(Engine::Thread&)> log_in = [&](Engine::Thread& thread) -> awaitable<void> {
        auto impl = co_await open_handle(thread.pools, &thread.journal, request.target, request.options);
        open->handle = std::make_shared<Handle>(std::move(impl));
    };
    co_await engine_.on<void>(open->server, std::move(log_in));
    info.directory = open->handle->directory();
    info.opened_at = info.used_at = now();
    open->used = std::chrono::steady_clock::now();
    const auto told = info;
    const std::lock_guard lock(mutex_);
    open_.emplace(told.id, open);
    co_return told;
}

std::vector<HandleInfo> Handles::list(const std::string& owner) {
    std::vector<HandleInfo> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, open] : open_)
            if (owner.empty() || open->info.owner == owner) all.push_back(open->info);
    }
    std::ranges::sort(all, {}, &HandleInfo::opened_at);
    return all;
}

std::size_t Handles::count() {
    const std::lock_guard lock(mutex_);
    return open_.size();
}

std::shared_ptr<Handles::Open> Handles::get(const std::string& id, const std::string& owner) {
    const auto found = open_.find(id);
    if (found == open_.end() || (!owner.empty() && found->second->info.owner != owner)) throw unknown(id);
    return found->second;
}

HandleInfo Handles::find(const std::string& id, const std::string& owner) {
    const std::lock_guard lock(mutex_);
    return get(id, owner)->info;
}

awaitable<void> Handles::use(std::string id, std::string owner,
                             std::function<awaitable<void>(Handle&, Engine::Thread&)> work) {
    std::shared_ptr<Open> open;
    {
        const std::lock_guard lock(mutex_);
        open = get(id, owner);
        ++open->in_use;
    }
    std::function<awaitable<void>(Engine::Thread&)> call = [&](Engine::Thread& thread) -> awaitable<void> {
        const auto handle = open->handle;  // it must end on this thread, also when it is closed meanwhile
        if (!handle) throw unknown(id);
        const auto failure = co_await transfer::caught(work(*handle, thread));
        {
            const std::lock_guard lock(mutex_);
            open->info.directory = handle->directory();
            open->info.last_error = failure;
        }
        if (failure) throw Error(*failure);
    };
    std::exception_ptr failure;
    try {
        co_await engine_.on<void>(open->server, std::move(call));
    } catch (...) {
        failure = std::current_exception();
    }
    {
        const std::lock_guard lock(mutex_);
        --open->in_use;
        open->used = std::chrono::steady_clock::now();
        open->info.used_at = now();
    }
    if (failure) std::rethrow_exception(failure);
}

awaitable<void> Handles::end(std::shared_ptr<Open> open) {
    std::function<awaitable<void>(Engine::Thread&)> call = [&](Engine::Thread&) -> awaitable<void> {
        const auto handle = std::move(open->handle);
        if (handle) (void)co_await transfer::caught(handle->close());
    };
    co_await engine_.on<void>(open->server, std::move(call));
}

awaitable<void> Handles::close(std::string id, std::string owner) {
    std::shared_ptr<Open> open;
    {
        const std::lock_guard lock(mutex_);
        open = get(id, owner);
        open_.erase(id);
    }
    co_await end(std::move(open));
}

awaitable<void> Handles::close_idle() {
    std::vector<std::shared_ptr<Open>> idle;
    {
        const std::lock_guard lock(mutex_);
        const auto at = std::chrono::steady_clock::now();
        for (const auto& [id, open] : open_)
            if (open->in_use == 0 && at - open->used >= open->info.idle) idle.push_back(open);
        for (const auto& open : idle)
            open_.erase(open->info.id);
    }
    for (auto& open : idle)
        co_await end(std::move(open));
}

awaitable<void> Handles::close_all() {
    std::vector<std::shared_ptr<Open>> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, open] : open_)
            all.push_back(open);
        open_.clear();
    }
    for (auto& open : all)
        co_await end(std::move(open));
}

}  // namespace fairlead::service
