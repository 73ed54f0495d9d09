#include "ftp/data_connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "ftp/command.hpp"
#include "ftp/data_address.hpp"
#include "ftp/reply_error.hpp"
#include "net/tcp.hpp"
#include "net/watchdog.hpp"

namespace fairlead::ftp {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kStep = "data";
constexpr auto kFirstEpsv =
    8s;  // a port that a firewall swallows must not eat the whole time-out before PASV

Error data_error(std::string message) {
    return Error(ErrorCode::data_connection_failed, std::move(message)).at(std::string(kStep));
}

}  // namespace

/// What is under way may outlive the DataConnection by a moment when that is dropped, so it owns all it
/// touches.
struct DataConnection::Establishing {
    explicit Establishing(std::shared_ptr<Session> session_, const asio::any_io_executor& executor)
        : session(std::move(session_)), finished(executor) {}

    std::shared_ptr<Session> session;
    std::unique_ptr<net::TimedSocket> socket;  // connected
    std::unique_ptr<tcp::acceptor> acceptor;   // active mode, until the server has connected
    std::unique_ptr<net::TlsStream> tls;
    asio::steady_timer finished;  // cancelled when the background work is done
    std::exception_ptr failure;
    bool running = false;
};

awaitable<void> DataConnection::agree() {
    work_ = std::make_shared<Establishing>(session_, co_await asio::this_coro::executor);
    if (session_->endpoint().ftp.active)
        co_await agree_active();
    else
        co_await agree_passive();
}

awaitable<void> DataConnection::agree_passive() {
    auto& habits = session_->data;
    Error why = data_error("The data connection could not be opened.");
    if (habits.epsv && session_->features().may_try("EPSV")) {
        if (co_await try_passive(true, why)) co_return;
        if (habits.proven) throw why;
        habits.epsv = false;  // remembered for this session
        session_->control().note("EPSV did not work; falling back to PASV.");
    }
    if (co_await try_passive(false, why)) co_return;
    throw why;
}

/// False: this way does not work here, and `why` tells.
awaitable<bool> DataConnection::try_passive(bool extended, Error& why) {
    const auto& endpoint = session_->endpoint();
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto prepared = co_await session_->prepared_data(extended, kStep);
        const bool was_prepared = prepared.has_value();
        Reply reply;
        if (was_prepared)
            reply = std::move(*prepared);
        else
            reply = co_await session_->command(extended ? "EPSV" : "PASV", {}, kStep);
        if (!reply.is_success()) {
            if (extended && is_unknown_command(reply)) session_->features().refuse("EPSV");
            why = error_for(reply, kStep);
            if (why.code == ErrorCode::unsupported) why.code = ErrorCode::data_connection_failed;
            if (!session_->usable()) throw why;
            co_return false;
        }
        DataAddress address;
        try {
            address = extended ? DataAddress{{}, parse_epsv(reply)} : parse_pasv(reply);
        } catch (const Error& error) {
            why = error;
            co_return false;
        }
        if (!extended) {
            const auto announced = address.host;
            address = choose_data_address(address, session_->data_host(), endpoint.ftp.trust_pasv_address);
            if (address.host != announced)
                session_->control().note(
                    fmt::format("PASV names {}; the control connection's peer is used.", announced));
        }
        const auto& host = address.host.empty() ? session_->data_host() : address.host;
        auto patience = endpoint.timeouts.connect;
        if (extended && !session_->data.proven)
            patience = std::min<std::chrono::milliseconds>(patience, kFirstEpsv);
        try {
            auto socket = co_await net::connect_to(endpoint, host, address.port, Clock::now() + patience,
                                                   host == session_->data_host());
            work_->socket =
                std::make_unique<net::TimedSocket>(std::move(socket), net::to_text(host, address.port));
            co_return true;
        } catch (const Error& error) {
            if (error.code == ErrorCode::cancelled || error.code == ErrorCode::egress_denied) throw;
            why = data_error(fmt::format("The data connection to {} could not be opened: {}",
                                         net::to_text(host, address.port), error.message))
                      .hinting(
                          "A firewall or NAT between here and the server may not let passive ports through.");
            if (was_prepared) session_->data.ahead = false;  // it lets go of ports that wait
            if (error.code == ErrorCode::timeout) co_return false;
            // Refused: some servers are not listening yet, or let another client take the port. Once more.
        }
    }
    co_return false;
}

awaitable<void> DataConnection::agree_active() {
    const auto& endpoint = session_->endpoint();
    if (!endpoint.proxy.empty())
        throw Error(ErrorCode::unsupported,
                    "Active FTP does not work through a proxy: the server could not connect back.")
            .at(std::string(kStep));
    const auto local = asio::ip::make_address(session_->local_address());
    work_->acceptor = std::make_unique<tcp::acceptor>(co_await asio::this_coro::executor);
    auto& acceptor = *work_->acceptor;
    const auto range = endpoint.ftp.active_ports.value_or(std::pair<std::uint16_t, std::uint16_t>{0, 0});
    boost::system::error_code error;
    for (unsigned port = range.first; port <= range.second; ++port) {
        acceptor.close(error);
        acceptor.open(local.is_v4() ? tcp::v4() : tcp::v6(), error);
        if (range.first != 0) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        acceptor.bind({local, static_cast<std::uint16_t>(port)}, error);
        if (!error) acceptor.listen(1, error);
        if (!error) break;
    }
    if (error)
        throw data_error(
            fmt::format("No port to listen on for the server's data connection: {}.", error.message()))
            .hinting("Widen the range of active ports of the connection.");
    const auto port = acceptor.local_endpoint().port();
    const auto& address =
        endpoint.ftp.active_address.empty() ? session_->local_address() : endpoint.ftp.active_address;

    auto& habits = session_->data;
    if (habits.eprt && session_->features().may_try("EPRT")) {
        const auto reply = co_await session_->command("EPRT", eprt_argument(address, port), kStep);
        if (reply.is_success()) co_return;
        habits.eprt = false;
        if (is_unknown_command(reply)) session_->features().refuse("EPRT");
        if (!session_->usable() || address.find(':') != std::string::npos) throw error_for(reply, kStep);
    }
    const auto reply = co_await session_->command("PORT", port_argument(address, port), kStep);
    if (!reply.is_success()) throw error_for(reply, kStep);
}

void DataConnection::begin() {
    if (!session_->data_is_protected()) return;
    auto work = work_;
    work->running = true;
    co_spawn(work->finished.get_executor(), accept_and_secure(work), [work](std::exception_ptr failure) {
        work->failure = failure;
        work->running = false;
        work->finished.cancel();
    });
}

awaitable<void> DataConnection::accept_and_secure(std::shared_ptr<Establishing> work) {
    const auto& endpoint = work->session->endpoint();
    if (work->acceptor) {
        auto& acceptor = *work->acceptor;
        net::Watchdog watchdog(acceptor.get_executor(), [&acceptor] {
            boost::system::error_code ignored;
            acceptor.cancel(ignored);
        });
        watchdog.arm(endpoint.timeouts.connect);
        while (!work->socket) {
            boost::system::error_code error;
            auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (watchdog.fired())
                throw Error(ErrorCode::data_connection_failed,
                            fmt::format("The server did not open the data connection within {}.",
                                        net::to_text(endpoint.timeouts.connect)))
                    .at(std::string(kStep))
                    .hinting(
                        "In active mode the server connects to us: a firewall or NAT here may block it. Try "
                        "passive "
                        "mode, or set --active-address and --active-ports.");
            if (error) co_await net::check_cancelled(kStep);
            if (error)
                throw data_error(fmt::format("Waiting for the data connection failed: {}.", error.message()));
            boost::system::error_code unknown;
            const auto from = socket.remote_endpoint(unknown);
            if (unknown || !same_address(from.address().to_string(), work->session->data_host())) {
                work->session->control().note(
                    fmt::format("A data connection from {} was refused: it is not the server.",
                                unknown ? "somewhere" : net::to_text(from)));
                continue;
            }
            socket.non_blocking(true, unknown);
            work->socket = std::make_unique<net::TimedSocket>(std::move(socket), net::to_text(from));
        }
        boost::system::error_code ignored;
        acceptor.close(ignored);
    }
    if (!work->session->data_is_protected()) co_return;
    work->socket->expect_within(endpoint.timeouts.connect, kStep);
    work->tls = std::make_unique<net::TlsStream>(std::move(work->socket), *work->session->tls(),
                                                 net::TlsContext::Role::data);
    co_await work->tls->handshake();
}

awaitable<std::unique_ptr<net::Stream>> DataConnection::establish() {
    auto work = work_;
    if (session_->data_is_protected()) {
        if (work->running) {
            work->finished.expires_at(Deadline::max());
            boost::system::error_code woken;
            co_await work->finished.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        if (work->running) {  // woken by a cancellation
            close();
            co_await net::check_cancelled(kStep);
        }
        if (work->failure) std::rethrow_exception(work->failure);
    } else {
        co_await accept_and_secure(work);
    }
    session_->data.proven = true;
    std::unique_ptr<net::Stream> stream;
    if (work->tls) {
        stream = std::move(work->tls);
    } else {
        stream = std::make_unique<net::PlainStream>(std::move(work->socket));
    }
    stream->expect_within(session_->endpoint().timeouts.idle, kStep);
    co_return stream;
}

bool DataConnection::has_something_to_read() const {
    if (!work_ || work_->running || !work_->socket) return false;
    pollfd at{work_->socket->descriptor(), POLLIN, 0};
    return ::poll(&at, 1, 0) == 1;
}

void DataConnection::close() noexcept {
    if (!work_) return;
    boost::system::error_code ignored;
    if (work_->acceptor) work_->acceptor->close(ignored);
    if (work_->socket) work_->socket->close();
    if (work_->tls) work_->tls->close();
}

}  // namespace fairlead::ftp
