#include "http/server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <list>
#include <string_view>
#include <thread>

#include "base/side_task.hpp"
#include "http/connection.hpp"
#include "http/tls.hpp"

namespace fairlead::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr auto kLookAtCertificate = 5s;
constexpr auto kLookAtClients = 500ms;

awaitable<void> sleep(asio::steady_timer& timer, std::chrono::milliseconds time) {
    timer.expires_after(time);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// Says why, as far as that goes without waiting for the client.
void turn_away(tcp::socket& socket) {
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    [[maybe_unused]] const auto sent =
        ::send(socket.native_handle(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

struct Server::State {
    State(ServerOptions options, Router router, Authenticate authenticate, Log log, CertificateEvent event)
        : certificate_event(std::move(event)), guard(asio::make_work_guard(context)) {
        shared->limits = options.limits;
        shared->router = std::move(router);
        shared->authenticate = std::move(authenticate);
        shared->log = std::move(log);
        if (!options.certificate_file.empty())
            shared->tls = std::make_shared<ServerTls>(options.certificate_file, options.key_file);
        listen(options);
        asio::co_spawn(context, accept(), asio::detached);
        asio::co_spawn(context, watch_clients(), asio::detached);
        if (shared->tls) asio::co_spawn(context, watch_certificate(), asio::detached);
        runner = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            context.run();
        });
    }

    void listen(const ServerOptions& options) {
        error_code failure;
        if (options.descriptor >= 0) {
            sockaddr_storage address{};
            socklen_t size = sizeof address;
            const bool known =
                ::getsockname(options.descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
                (address.ss_family == AF_INET || address.ss_family == AF_INET6);
            if (known)
                acceptor.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), options.descriptor,
                                failure);
            if (!known || failure)
                throw Error(ErrorCode::invalid_argument,
                            "The socket that was handed over is no TCP socket that listens.");
            return;
        }
        const auto address = asio::ip::make_address(options.address, failure);
        if (failure)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not an address.", options.address))
                .hinting("give an IP address and a port, such as 127.0.0.1:8480 or [::1]:8480");
        const tcp::endpoint endpoint(address, options.port);
        acceptor.open(endpoint.protocol(), failure);
        if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
        if (!failure) acceptor.bind(endpoint, failure);
        if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
        if (!failure) return;
        const bool taken = failure == asio::error::address_in_use;
        throw Error(taken ? ErrorCode::conflict : ErrorCode::permission_denied,
                    fmt::format("Listening on {}:{} is not possible: {}.", options.address, options.port,
                                failure.message()))
            .hinting(taken ? "another process listens there; choose another port with --listen" : "");
    }

    awaitable<void> accept() {
        while (!shared->stopping) {
            error_code failure;
            tcp::socket socket(context);
            co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, failure));
            if (shared->stopping) co_return;
            if (failure) {  // such as no more descriptors: idle clients make room
                give_way();
                asio::steady_timer pause(context);
                co_await sleep(pause, 50ms);
                continue;
            }
            if (clients.size() >= shared->limits.connections) {
                give_way();
                // Those on their way out count no more, but a crowd of them is not to grow either.
                if (clients.size() >= shared->limits.connections + 64) {
                    turn_away(socket);
                    continue;
                }
            }
            begin(std::move(socket));
        }
    }

    /// Ends the connection that has been open longest without a request at work.
    void give_way() {
        for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
            if (client->state->busy || client->leaving) continue;
            client->leaving = true;
            client->task->cancel();
            return;
        }
    }

    void begin(tcp::socket socket) {
        clients.emplace_front();
        count = clients.size();
        const auto client = clients.begin();
        client->state = std::make_shared<ClientState>();
        client->task.emplace(context.get_executor(), serve(shared, std::move(socket), client->state),
                             [this, client](std::exception_ptr) {
                                 asio::post(context, [this, client] {
                                     clients.erase(client);
                                     count = clients.size();
                                     if (shared->stopping && clients.empty()) end();
                                 });
                             });
    }

    /// Who closes while he is being answered wants nothing more: what is done for him is cancelled. A handler that waits
    /// for another server would not notice until it had something to send.
    awaitable<void> watch_clients() {
        std::vector<pollfd> looks;
        std::vector<Client*> answered;
        while (!ended) {
            co_await sleep(client_timer, kLookAtClients);
            looks.clear();
            answered.clear();
            for (auto& client : clients) {
                if (!client.state->answering || client.leaving) continue;
                looks.push_back({client.state->descriptor, POLLRDHUP, 0});
                answered.push_back(&client);
            }
            if (looks.empty() || ::poll(looks.data(), looks.size(), 0) <= 0) continue;
            for (std::size_t i = 0; i < looks.size(); ++i) {
                if (looks[i].revents == 0) continue;
                answered[i]->leaving = answered[i]->state->gone = true;
                answered[i]->task->cancel();
            }
        }
    }

    awaitable<void> watch_certificate() {
        while (!shared->stopping) {
            co_await sleep(certificate_timer, kLookAtCertificate);
            if (!shared->stopping) reload(false);
        }
    }

    void reload(bool anyway) {
        std::string said;
        try {
            if (!shared->tls || !shared->tls->reload(anyway)) return;
            last_complaint.clear();
            said = "The certificate was read again.";
        } catch (const Error& error) {
            if (!anyway && error.message == last_complaint) return;  // said already
            said = last_complaint = error.message;
        }
        if (certificate_event) certificate_event(said, !last_complaint.empty());
    }

    /// On the loop's thread.
    void begin_to_stop() {
        if (shared->stopping) return;
        shared->stopping = true;
        error_code ignored;
        acceptor.close(ignored);
        certificate_timer.cancel();
        for (auto& client : clients)
            if (!client.state->busy) client.task->cancel();
        if (clients.empty()) return end();
        late.expires_after(shared->limits.drain);
        late.async_wait([this](error_code stopped) {
            if (stopped) return;
            for (auto& client : clients)
                client.task->cancel();
        });
    }

    void end() {
        ended = true;
        late.cancel();
        client_timer.cancel();
        guard.reset();
    }

    struct Client {
        std::shared_ptr<ClientState> state;
        std::optional<SideTask> task;
        bool leaving = false;
    };

    asio::io_context context{1};
    CertificateEvent certificate_event;
    tcp::acceptor acceptor{context};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::shared_ptr<Shared> shared = std::make_shared<Shared>();
    std::list<Client> clients;
    std::atomic<std::size_t> count = 0;
    asio::steady_timer late{context};
    asio::steady_timer certificate_timer{context};
    asio::steady_timer client_timer{context};
    bool ended = false;
    std::string last_complaint;
    std::thread runner;
};

Server::Server(ServerOptions options, Router router, Authenticate authenticate, Log log,
               CertificateEvent certificate_event)
    : state_(std::make_unique<State>(std::move(options), std::move(router), std::move(authenticate),
                                     std::move(log), std::move(certificate_event))) {}

Server::~Server() {
    stop();
    state_->runner.join();
}

void Server::stop() {
    asio::post(state_->context, [state = state_.get()] { state->begin_to_stop(); });
}

void Server::reload_certificate() {
    asio::post(state_->context, [state = state_.get()] { state->reload(true); });
}

std::size_t Server::connections() const noexcept {
    return state_->count;
}

std::uint16_t Server::port() const noexcept {
    error_code ignored;
    return state_->acceptor.local_endpoint(ignored).port();
}

asio::any_io_executor Server::executor() {
    return state_->context.get_executor();
}

}  // namespace fairlead::http
