#include "http/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "fairlead/deadline.hpp"
#include "http/incoming.hpp"
#include "http/outgoing.hpp"
#include "http/tls.hpp"
#include "net/plain_stream.hpp"
#include "net/tls_stream.hpp"

namespace fairlead::http {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

/// What the log calls a request whose client did not wait for the answer. It is never sent.
constexpr unsigned kClientGone = 499;

std::string remote_of(const asio::ip::tcp::socket& socket) {
    boost::system::error_code unknown;
    const auto remote = socket.remote_endpoint(unknown);
    return unknown ? std::string("unknown") : remote.address().to_string();
}

/// `pattern` becomes that of the route.
awaitable<Response> handle(const Shared& shared, Request& request, std::string_view query,
                           std::string_view& pattern) {
    if (request.path == "*" && request.method == "OPTIONS") {  // of the server as a whole
        Response response;
        response.status = 204;
        co_return response;
    }
    if (!request.path.starts_with('/'))
        throw Error(ErrorCode::invalid_argument, "The address of a request begins with a slash.");
    if (request.method == "OPTIONS") {
        const auto allow = shared.router.allowed(request.path);
        if (!allow.empty()) {
            Response response;
            response.status = 204;
            response.with("Allow", allow);
            co_return response;
        }
    }
    const auto& route = shared.router.find(request);
    pattern = route.pattern;
    request.query = parse_query(query);
    if (route.role) {
        auto who = co_await shared.authenticate(request);
        if (!who)
            throw Refusal{
                401,
                Error(ErrorCode::authentication_failed,
                      request.header("authorization") ? "This token is not known, has expired or was revoked."
                                                      : "A token is needed: Authorization: Bearer TOKEN."),
                {{"WWW-Authenticate", "Bearer realm=\"fairlead\""}}};
        request.principal = std::move(*who);
        if (request.principal.role < *route.role)
            throw Refusal{403,
                          Error(ErrorCode::permission_denied,
                                fmt::format("That needs the role {}; this token has the role {}.",
                                            to_string(*route.role), to_string(request.principal.role))),
                          {}};
        const auto project = request.parameters.find("project");
        if (project != request.parameters.end() && !request.principal.may_see(project->second))
            throw Refusal{403,
                          Error(ErrorCode::permission_denied,
                                fmt::format("This token is not for the project '{}'.", project->second)),
                          {}};
    }
    auto response = co_await route.handler(request);
    co_return response;
}

/// What is answered to a failure. Of one that nobody foresaw the client learns nothing but that.
Response answer_to(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Refusal& refusal) {
        auto response = problem(refusal.status, refusal.error);
        for (const auto& [name, value] : refusal.headers)
            response.with(name, value);
        return response;
    } catch (const Error& error) {
        // A client that stalls or ends in its content is told so by the statuses made for that.
        const bool client = error.step == "request";
        auto status = status_of(error);
        if (client && error.code == ErrorCode::timeout) status = 408;
        if (client && error.code == ErrorCode::connection_lost) status = 400;
        auto response = problem(status, error);
        if (error.retry_after)
            response.with("Retry-After",
                          std::to_string(std::max<std::int64_t>(1, error.retry_after->count() / 1000)));
        return response;
    } catch (...) {
        return problem(500, Error(ErrorCode::internal, "Something unexpected went wrong here."));
    }
}

/// One request after the other over one stream.
class Connection {
  public:
    Connection(const Shared& shared, net::Stream& stream, ClientState& state, std::shared_ptr<const bool> gone,
               std::string remote)
        : shared_(shared),
          stream_(stream),
          state_(state),
          gone_(std::move(gone)),
          remote_(std::move(remote)),
          incoming_(stream, shared.limits) {}

    awaitable<void> run() {
        bool again = true;
        while (again && !shared_.stopping) {
            const auto next = co_await incoming_.next();
            if (next == Incoming::Next::none) co_return;
            state_.busy = state_.answering = true;
            if (next == Incoming::Next::refused)
                again = co_await refuse();
            else
                again = co_await answer();
            state_.busy = state_.answering = false;
        }
        stream_.expect_within(std::chrono::seconds(2), "response");
        co_await stream_.end_sending();
        if (lingers_) co_await incoming_.linger();
    }

  private:
    awaitable<bool> refuse() {
        auto response = incoming_.refusal();
        Manner manner;
        manner.keeps_alive = false;
        const auto sent = co_await send(stream_, shared_.limits, response, manner);
        lingers_ = sent.whole;
        Request nothing;
        nothing.remote = remote_;
        if (shared_.log) shared_.log(nothing, {}, response.status, {}, sent.bytes);
        co_return false;
    }

    /// Whether the connection can take another request.
    awaitable<bool> answer() {
        const auto began = Steady::now();
        auto request = incoming_.head();
        request.remote = remote_;
        request.gone = gone_;
        const auto target = incoming_.query();
        Response response;
        std::string_view route;
        std::exception_ptr failure;
        try {
            response = co_await handle(shared_, request, target, route);
        } catch (...) {
            failure = std::current_exception();
        }
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none || state_.gone) {  // the server stops, or the client has gone: cut off
            if (state_.gone && shared_.log)
                shared_.log(request, route, kClientGone,
                            std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began), 0);
            co_return false;
        }
        if (failure) response = answer_to(failure);
        response.with("X-Request-Id", request.id);
        // What nobody read of the content stands between this answer and the next request.
        const bool unread = !incoming_.done();
        const bool small =
            incoming_.announced_size().value_or(shared_.limits.leftover + 1) <= shared_.limits.leftover;
        Manner manner;
        manner.keeps_alive = incoming_.keeps_alive() && !incoming_.broken() && !shared_.stopping &&
                             !(unread && (incoming_.waits() || !small));
        manner.without_content = request.method == "HEAD";
        manner.http_1_0 = incoming_.is_http_1_0();
        state_.busy = !response.endless;
        const auto sent = co_await send(stream_, shared_.limits, response, manner);
        if (shared_.log)
            shared_.log(request, route, response.status,
                        std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began),
                        sent.bytes);
        if (!sent.whole) stream_.close();
        lingers_ = sent.whole && unread && !sent.keeps_alive;
        if (!sent.keeps_alive || !unread) co_return sent.keeps_alive;
        const bool rest = co_await incoming_.drop_rest();
        co_return rest;
    }

    const Shared& shared_;
    net::Stream& stream_;
    ClientState& state_;
    std::shared_ptr<const bool> gone_;
    std::string remote_;
    Incoming incoming_;
    bool lingers_ = false;
};

}  // namespace

awaitable<void> serve(std::shared_ptr<const Shared> shared, asio::ip::tcp::socket socket,
                      std::shared_ptr<ClientState> state) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    auto remote = remote_of(socket);
    state->descriptor = socket.native_handle();
    auto timed = std::make_unique<net::TimedSocket>(std::move(socket), "the client " + remote);
    std::unique_ptr<net::Stream> stream;
    if (shared->tls) {
        auto secure = std::make_unique<net::TlsStream>(std::move(timed), shared->tls->make());
        secure->expect_within(shared->limits.handshake, "secure");
        co_await within(Clock::now() + shared->limits.handshake, "secure", secure->handshake());
        stream = std::move(secure);
    } else {
        stream = std::make_unique<net::PlainStream>(std::move(timed));
    }
    Connection connection(*shared, *stream, *state, {state, &state->gone}, std::move(remote));
    co_await connection.run();
}

}  // namespace fairlead::http
