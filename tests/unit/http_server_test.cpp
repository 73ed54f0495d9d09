// The HTTP server with handlers of its own: what it does with clients that behave, and with those that do
// not.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <latch>
#include <list>
#include <mutex>
#include <thread>

#include "http/server.hpp"
#include "support/raw_http.hpp"

namespace fairlead::http {
namespace {

using namespace std::chrono_literals;
using test::http_request;
using test::RawHttp;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

awaitable<Response> hello(Request& request) {
    Response response;
    response.body = "hello " + request.argument("name").value_or("you") + request.principal.name;
    co_return response;
}

awaitable<Response> echo(Request& request) {
    Response response;
    response.body = co_await request.text();
    co_return response;
}

/// Counts what it is sent, one piece after the other.
awaitable<Response> count(Request& request) {
    std::uint64_t total = 0;
    for (;;) {
        const auto piece = co_await request.body->read();
        if (piece.empty()) break;
        total += piece.size();
    }
    Response response;
    response.body = std::to_string(total);
    co_return response;
}

awaitable<Response> ignore(Request&) {
    Response response;
    response.body = "ignored";
    co_return response;
}

awaitable<Bytes> next_piece(std::shared_ptr<int> left) {
    if ((*left)-- == 0) co_return Bytes{};
    co_return Bytes(100'000, std::byte('x'));
}

awaitable<Response> stream(Request& request) {
    Response response;
    const auto left = std::make_shared<int>(std::stoi(request.argument("pieces").value_or("3")));
    response.stream = [left] { return next_piece(left); };
    co_return response;
}

awaitable<Response> fail(Request& request) {
    const auto how = request.argument("how").value_or("");
    if (how == "error")
        throw Error(ErrorCode::already_exists, "It is there.").replied("550 so said the server");
    if (how == "refusal") throw Refusal{428, Error(ErrorCode::invalid_argument, "If-Match is needed."), {}};
    throw std::runtime_error("the password is 1234");
}

class HttpServer : public testing::Test {
  protected:
    void start(Limits limits = {}, std::vector<Route> more = {}) {
        Router router;
        router.add({{"GET", "/hello", {}, "", &hello},
                    {"POST", "/echo", {}, "", &echo},
                    {"PUT", "/count", {}, "", &count},
                    {"POST", "/ignore", {}, "", &ignore},
                    {"GET", "/stream", {}, "", &stream},
                    {"GET", "/fail", {}, "", &fail},
                    {"GET", "/secret", Principal::Role::operator_, "", &hello},
                    {"GET", "/of/{project}", Principal::Role::viewer, "", &hello}});
        router.add(std::move(more));
        ServerOptions options;
        options.port = 0;
        options.limits = limits;
        server_.emplace(options, std::move(router), &HttpServer::authenticate, Log{});
    }
    static awaitable<std::optional<Principal>> authenticate(const Request& request) {
        const auto header = request.header("authorization");
        if (header == "Bearer op") co_return Principal{" op", Principal::Role::operator_, {}};
        if (header == "Bearer view") co_return Principal{" view", Principal::Role::viewer, {"one"}};
        co_return std::nullopt;
    }
    std::uint16_t port() const { return server_->port(); }

    std::optional<Server> server_;
};

TEST_F(HttpServer, answers_several_requests_over_one_connection) {
    start();
    RawHttp client(port());
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(client.send(kGet).answer().body, "hello you");
}

TEST_F(HttpServer, answers_pipelined_requests_in_their_order) {
    start();
    RawHttp client(port());
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += "POST /echo?x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
    client.send(all);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(client.answer().body, std::to_string(10 + i));
}

TEST_F(HttpServer, takes_a_request_byte_by_byte) {
    start();
    RawHttp client(port());
    for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    "3;note=x\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n"))
        client.send(std::string_view(&c, 1));
    EXPECT_EQ(client.answer().body, "abcde");
    EXPECT_EQ(client.send(kGet).answer().status, 200);
}

TEST_F(HttpServer, tells_a_client_that_asked_to_go_on_only_when_its_content_is_wanted) {
    start();
    RawHttp client(port());
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(client.answer().status, 100);
    EXPECT_EQ(client.send("abcd").answer().body, "abcd");
    client.send("POST /ignore HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    const auto answer = client.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("connection"), "close");
}

TEST_F(HttpServer, finds_the_next_request_behind_a_content_that_nobody_read) {
    start();
    RawHttp client(port());
    client.send("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n" +
                std::string(50'000, 'z'));
    EXPECT_EQ(client.answer().body, "ignored");
    EXPECT_EQ(client.send(kGet).answer().status, 200);
}

TEST_F(HttpServer, streams_both_ways) {
    start();
    const auto answer = http_request(port(), "GET", "/stream?pieces=20");
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body.size(), 2'000'000U);
    EXPECT_EQ(http_request(port(), "PUT", "/count", {}, std::string(3'000'000, 'y')).body, "3000000");
}

TEST_F(HttpServer, answers_HEAD_and_OPTIONS_from_the_table) {
    start();
    const auto head = http_request(port(), "HEAD", "/hello");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("content-length"), "9");
    const auto options = http_request(port(), "OPTIONS", "/hello");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, OPTIONS");
    const auto wrong = http_request(port(), "DELETE", "/hello");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(http_request(port(), "GET", "/nowhere").status, 404);
}

TEST_F(HttpServer, answers_failures_as_problem_documents_and_keeps_what_is_internal_to_itself) {
    start();
    const auto error = http_request(port(), "GET", "/fail?how=error");
    EXPECT_EQ(error.status, 409);
    EXPECT_EQ(error.headers.at("content-type"), "application/problem+json");
    const auto document = error.json().as_object();
    EXPECT_EQ(document.at("code"), "already_exists");
    EXPECT_EQ(document.at("status"), 409);
    EXPECT_EQ(document.at("serverReply"), "550 so said the server");
    EXPECT_EQ(document.at("title"), "Conflict");
    EXPECT_EQ(http_request(port(), "GET", "/fail?how=refusal").status, 428);
    const auto unforeseen = http_request(port(), "GET", "/fail");
    EXPECT_EQ(unforeseen.status, 500);
    EXPECT_EQ(unforeseen.body.find("1234"), std::string::npos);
}

TEST_F(HttpServer, asks_for_a_token_with_the_role_and_the_project_that_a_route_needs) {
    start();
    const auto nobody = http_request(port(), "GET", "/secret");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_TRUE(nobody.headers.contains("www-authenticate"));
    EXPECT_EQ(http_request(port(), "GET", "/secret", "Authorization: Bearer view\r\n").status, 403);
    EXPECT_EQ(http_request(port(), "GET", "/secret", "Authorization: Bearer op\r\n").body, "hello you op");
    EXPECT_EQ(http_request(port(), "GET", "/of/one", "Authorization: Bearer view\r\n").status, 200);
    EXPECT_EQ(http_request(port(), "GET", "/of/two", "Authorization: Bearer view\r\n").status, 403);
    EXPECT_EQ(http_request(port(), "GET", "/of/two", "Authorization: Bearer op\r\n").status, 200);
}

TEST_F(HttpServer, refuses_what_is_no_HTTP_and_what_is_ambiguous) {
    start();
    for (const std::string_view rubbish :
         {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 rubbish\r\n\r\n", "GET\r\n\r\n",
          "GET /hello HTTP/9.9\r\nHost: h\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
          "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /hello HTTP/1.1\r\nHost h\r\n\r\n",
          "GET /hello HTTP/1.1\r\nHost: h\r\nBad\x01Name: x\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
          "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc",
          "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
          "GET hello HTTP/1.1\r\nHost: h\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"}) {
        RawHttp client(port());
        client.send(rubbish);
        client.end_sending();
        const auto answer = client.answer();
        EXPECT_GE(answer.status, 400) << rubbish;
        EXPECT_LT(answer.status, 506) << rubbish;
        EXPECT_NE(answer.status, 500) << rubbish;
    }
    EXPECT_EQ(http_request(port(), "GET", "/hello").status, 200);
}

TEST_F(HttpServer, limits_headers_and_documents) {
    Limits limits;
    limits.document = 1000;
    start(limits);
    RawHttp client(port());
    client.send("GET /hello HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(40'000, 'a'));
    EXPECT_EQ(client.answer().status, 431);
    EXPECT_EQ(http_request(port(), "POST", "/echo", {}, std::string(1001, 'a')).status, 413);
    RawHttp chunked(port());
    chunked.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                 std::string(2000, 'b'));
    EXPECT_EQ(chunked.answer().status, 413);
}

TEST_F(HttpServer, cuts_off_clients_that_are_slow_at_every_stage) {
    Limits limits;
    limits.header = limits.idle = limits.stalled = limits.grace = 200ms;
    start(limits);
    RawHttp silent(port());
    EXPECT_EQ(silent.until_end(), "");
    RawHttp half(port());
    EXPECT_EQ(half.send("GET /hello HT").answer().status, 408);
    RawHttp stalled(port());
    stalled.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    EXPECT_EQ(stalled.answer().status, 408);
    // Never silent for long, but never getting on either. What it sends paces this test: no more than the
    // server takes.
    RawHttp trickling(port());
    trickling.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    std::jthread trickle([&trickling](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any pause;
        std::unique_lock lock(mutex);
        for (int i = 0; i < 1000 && !stop.stop_requested(); ++i) {
            trickling.send("a");
            pause.wait_for(lock, stop, 20ms, [] { return false; });
        }
    });
    EXPECT_EQ(trickling.answer().status, 408);
}

TEST_F(HttpServer, cuts_off_a_client_that_does_not_take_its_answer) {
    Limits limits;
    limits.stalled = 200ms;
    start(limits);
    RawHttp client(port());
    client.send("GET /stream?pieces=1000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    while (server_->connections() == 0)
        std::this_thread::yield();
    while (server_->connections() > 0)  // the test's own time limit ends this
        std::this_thread::yield();
}

TEST_F(HttpServer, gives_the_place_of_idle_clients_to_new_ones) {
    Limits limits;
    limits.connections = 3;
    start(limits);
    std::list<RawHttp> idle;
    for (int i = 0; i < 10; ++i)
        idle.emplace_back(port()).send("GET /hel");
    EXPECT_EQ(http_request(port(), "GET", "/hello").status, 200);
    EXPECT_EQ(idle.front().until_end(), "");
}

TEST_F(HttpServer, lets_requests_end_when_it_stops_and_cancels_what_takes_too_long) {
    Limits limits;
    limits.drain = 300ms;
    std::latch begun(2);
    std::atomic<bool> go = false;
    const auto wait_for = [&](Request& request) -> awaitable<Response> {
        begun.count_down();
        const bool forever = request.argument("forever").has_value();
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
        while (forever || !go) {
            timer.expires_after(5ms);
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        Response response;
        response.body = "done";
        co_return response;
    };
    start(limits, {{"GET", "/wait", {}, "", wait_for}});
    RawHttp quick(port()), endless(port()), idle(port());
    quick.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    endless.send("GET /wait?forever HTTP/1.1\r\nHost: h\r\n\r\n");
    begun.wait();
    const auto was = port();
    server_->stop();
    EXPECT_EQ(idle.until_end(), "");
    EXPECT_THROW(http_request(was, "GET", "/hello"), std::runtime_error);
    go = true;
    const auto answer = quick.answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_EQ(endless.until_end(), "");
    server_.reset();
}

TEST_F(HttpServer, answers_clients_of_HTTP_1_0) {
    start();
    RawHttp client(port());
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    const auto answer = client.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
    EXPECT_EQ(answer.body.size(), 300'000U);
}

}  // namespace
}  // namespace fairlead::http
