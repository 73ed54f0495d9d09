#include "net/tcp.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "net/egress.hpp"
#include "net/proxy.hpp"
#include "net/timed_socket.hpp"
#include "net/watchdog.hpp"

namespace fairlead::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto kStagger = 250ms;  // RFC 8305, "Connection Attempt Delay"

/// Attempts to several addresses, the next one starting when the one before failed or took too long.
/// Everything runs on one executor; handlers own the state, so that the waiting coroutine may go first.
struct Race : std::enable_shared_from_this<Race> {
    explicit Race(const asio::any_io_executor& executor) : decided(executor), stagger(executor) {}

    void start_next() {
        if (next == addresses.size() || over) return;
        const auto number = next++;
        auto& socket = sockets.emplace_back(std::make_unique<tcp::socket>(decided.get_executor()));
        ++pending;
        socket->async_connect(addresses[number], [self = shared_from_this(), &socket = *socket](auto error) {
            self->attempt_ended(socket, error);
        });
        if (next == addresses.size()) return;
        stagger.expires_after(kStagger);
        stagger.async_wait([self = shared_from_this()](auto error) {
            if (!error) self->start_next();
        });
    }

    void attempt_ended(tcp::socket& socket, const boost::system::error_code& error) {
        --pending;
        if (over) return;
        if (!error) {
            winner.emplace(std::move(socket));
            return end();
        }
        // A refusal says more than an unreachable network (such as IPv6 on a machine without it).
        if (!failure || error == asio::error::connection_refused) failure = error;
        stagger.cancel();
        start_next();
        if (pending == 0) end();
    }

    void end() {
        over = true;
        stagger.cancel();
        decided.cancel();
        boost::system::error_code ignored;
        for (auto& socket : sockets)
            socket->close(ignored);
    }

    std::vector<tcp::endpoint> addresses;
    std::vector<std::unique_ptr<tcp::socket>> sockets;
    std::optional<tcp::socket> winner;
    boost::system::error_code failure;
    asio::steady_timer decided;  // cancelled when the race is over; expires at the deadline
    asio::steady_timer stagger;
    std::size_t next = 0;
    unsigned pending = 0;
    bool over = false;
};

std::chrono::milliseconds left(Deadline deadline) {
    return std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
}

void prepare(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    // A control connection is silent while a long transfer runs: probe often enough for common NAT tables.
    const int idle_seconds = 60;
    const int interval_seconds = 30;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds,
                 sizeof interval_seconds);
}

Error not_accepted(std::string_view target, std::chrono::milliseconds allowed) {
    return Error(ErrorCode::timeout,
                 fmt::format("{} did not accept a connection within {}.", target, to_text(allowed)))
        .at("connect")
        .hinting("Check host and port; a firewall that drops packets silently looks like this.");
}

/// Takes out the addresses that the egress rules forbid. Throws egress_denied when none is left.
void keep_allowed(std::vector<tcp::endpoint>& addresses, std::string_view host, std::string_view target) {
    const auto policy = egress_policy();
    if (!policy) return;
    std::string why;
    std::erase_if(addresses, [&](const tcp::endpoint& address) {
        auto refusal = policy->refusal(host, address.address());
        if (refusal.empty()) return false;
        why = fmt::format("{} is refused, {}", address.address().to_string(), refusal);
        return true;
    });
    if (addresses.empty() && !why.empty()) throw egress_denied(target, why);
}

/// One address, with as few system calls as there can be: thousands of small files each need a data
/// connection.
awaitable<tcp::socket> connect_one(tcp::endpoint address, Deadline deadline) {
    const auto allowed = left(deadline);
    tcp::socket socket(co_await asio::this_coro::executor);
    boost::system::error_code error;
    socket.open(address.protocol(), error);
    if (!error) socket.non_blocking(true, error);
    if (error) throw connect_error(error, to_text(address));
    // The second call tells how the first one went: loopback and near hosts have often answered by then.
    for (int call = 0; call < 2; ++call) {
        const auto result =
            ::connect(socket.native_handle(), address.data(), static_cast<socklen_t>(address.size()));
        if (result == 0) co_return socket;
        error.assign(errno, boost::system::system_category());
        if (error != asio::error::in_progress) break;
    }
    if (error != asio::error::in_progress && error != asio::error::already_started)
        throw connect_error(error, to_text(address));
    Watchdog watchdog(socket.get_executor(), [&socket] {
        boost::system::error_code ignored;
        socket.cancel(ignored);
    });
    watchdog.arm(deadline);
    error = {};
    co_await socket.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    if (watchdog.fired()) throw not_accepted(to_text(address), allowed);
    if (error) {
        co_await check_cancelled("connect");
        throw connect_error(error, to_text(address));
    }
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &failed, &size);
    error.assign(failed, boost::system::system_category());
    if (failed != 0) throw connect_error(error, to_text(address));
    co_return socket;
}

/// The proxy's own failures must not look like the server's.
[[noreturn]] void blame_proxy(Error error, const Proxy& proxy) {
    error.message = fmt::format("The proxy {}: {}", to_text(proxy.host, proxy.port), error.message);
    throw error;
}

/// `name`: what the egress rules know the host by.
awaitable<tcp::socket> connect_through(const Proxy& proxy, std::string_view name, std::string_view host,
                                       std::uint16_t port, Deadline deadline) {
    if (const auto policy = egress_policy())
        if (const auto why = policy->refusal_through_proxy(name); !why.empty())
            throw egress_denied(to_text(host, port), why);
    std::optional<tcp::socket> socket;
    try {
        auto addresses = co_await resolve(proxy.host, proxy.port, deadline);
        keep_allowed(addresses, proxy.host, to_text(proxy.host, proxy.port));
        socket = co_await connect_any(std::move(addresses), deadline, to_text(proxy.host, proxy.port));
    } catch (const Error& error) {
        if (error.code == ErrorCode::cancelled) throw;
        blame_proxy(error, proxy);
    }
    co_await open_tunnel(*socket, proxy, host, port, deadline);
    co_return std::move(*socket);
}

void tell_done(Observer* observer, std::string_view step, std::string_view detail) {
    if (observer != nullptr) observer->step_done(step, detail);
}

}  // namespace

awaitable<tcp::socket> connect_any(std::vector<tcp::endpoint> addresses, Deadline deadline,
                                   std::string target) {
    const auto allowed = left(deadline);
    const auto race = std::make_shared<Race>(co_await asio::this_coro::executor);
    race->addresses = std::move(addresses);
    race->decided.expires_at(deadline);
    race->start_next();
    boost::system::error_code waited;
    co_await race->decided.async_wait(asio::redirect_error(asio::use_awaitable, waited));
    const bool was_over = race->over;
    race->end();
    if (race->winner) {
        // A socket that has waited for writability once wakes the poller for it ever after: register it anew.
        const auto protocol = race->winner->remote_endpoint(waited).protocol();
        tcp::socket fresh(race->winner->get_executor(), protocol, race->winner->release());
        prepare(fresh);
        co_return fresh;
    }
    if (was_over) throw connect_error(race->failure, target);
    co_await check_cancelled("connect");
    throw not_accepted(target, allowed);
}

awaitable<tcp::socket> connect(const Endpoint& endpoint, Observer* observer, PeerInfo& peer) {
    const auto target = to_text(endpoint.host, endpoint.port);
    if (!endpoint.proxy.empty()) {
        const auto proxy = parse_proxy(endpoint.proxy);
        if (observer != nullptr) observer->step_began("connect");
        auto socket = co_await connect_through(proxy, endpoint.host, endpoint.host, endpoint.port,
                                               Clock::now() + endpoint.timeouts.connect);
        peer.address = fmt::format("{} through the proxy {}", target, to_text(proxy.host, proxy.port));
        tell_done(observer, "connect", peer.address);
        co_return socket;
    }
    if (observer != nullptr) observer->step_began("resolve");
    auto addresses = co_await resolve(endpoint.host, endpoint.port, Clock::now() + endpoint.timeouts.connect);
    std::string found;
    for (const auto& address : addresses)
        found += (found.empty() ? "" : ", ") + address.address().to_string();
    tell_done(observer, "resolve", found);
    keep_allowed(addresses, endpoint.host, target);

    if (observer != nullptr) observer->step_began("connect");
    auto socket =
        co_await connect_any(std::move(addresses), Clock::now() + endpoint.timeouts.connect, target);
    boost::system::error_code error;
    if (const auto remote = socket.remote_endpoint(error); !error) peer.address = to_text(remote);
    tell_done(observer, "connect", peer.address);
    co_return socket;
}

awaitable<tcp::socket> connect_to(const Endpoint& endpoint, std::string address, std::uint16_t port,
                                  Deadline deadline, bool same_peer) {
    if (!endpoint.proxy.empty()) {
        const auto proxy = parse_proxy(endpoint.proxy);
        co_return co_await connect_through(proxy, same_peer ? endpoint.host : address, address, port,
                                           deadline);
    }
    boost::system::error_code not_literal;
    const auto literal = asio::ip::make_address(address, not_literal);
    std::vector<tcp::endpoint> addresses{{literal, port}};
    if (not_literal) addresses = co_await resolve(address, port, deadline);
    keep_allowed(addresses, same_peer ? endpoint.host : address, to_text(address, port));
    if (!not_literal) co_return co_await connect_one(addresses.front(), deadline);
    co_return co_await connect_any(std::move(addresses), deadline, to_text(address, port));
}

std::string to_text(const tcp::endpoint& address) {
    return to_text(address.address().to_string(), address.port());
}

std::string to_text(std::string_view host, std::uint16_t port) {
    if (host.find(':') != std::string_view::npos && host.front() != '[')
        return fmt::format("[{}]:{}", host, port);
    return fmt::format("{}:{}", host, port);
}

Error connect_error(const boost::system::error_code& what, std::string_view target) {
    if (what == asio::error::connection_refused)
        return Error(ErrorCode::connection_refused, fmt::format("{} refused the connection.", target))
            .at("connect")
            .hinting(
                "Nothing listens on that port, or a firewall rejects it; check the port and that the server "
                "runs.");
    if (what == asio::error::host_unreachable || what == asio::error::network_unreachable ||
        what == asio::error::network_down || what == asio::error::address_family_not_supported ||
        what.value() == EADDRNOTAVAIL || what.value() == EHOSTDOWN || what == asio::error::access_denied)
        return Error(ErrorCode::host_unreachable,
                     fmt::format("{} cannot be reached from here: {}.", target, what.message()))
            .at("connect")
            .hinting("Check this machine's network, VPN and routes.");
    if (what == asio::error::timed_out)
        return Error(ErrorCode::timeout,
                     fmt::format("{} did not accept a connection: {}.", target, what.message()))
            .at("connect")
            .hinting("Check host and port; a firewall that drops packets silently looks like this.");
    return Error(ErrorCode::connection_lost,
                 fmt::format("Connecting to {} failed: {}.", target, what.message()))
        .at("connect");
}

}  // namespace fairlead::net
