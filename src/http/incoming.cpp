#include "http/incoming.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>
#include <span>

#include "http/router.hpp"

namespace fairlead::http {
namespace {

namespace wire = boost::beast::http;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kSmall = 4 * 1024;    // enough for most headers: thousands of clients may be idle
constexpr std::size_t kLarge = 128 * 1024;  // while a content streams

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string request_id() {
    std::array<unsigned char, 8> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    std::string id;
    id.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        id += "0123456789abcdef"[byte >> 4];
        id += "0123456789abcdef"[byte & 15];
    }
    return id;
}

/// An id that the client chose is taken if it can stand in a log and a header as it is.
bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    });
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

struct Incoming::Parser : wire::request_parser<wire::buffer_body> {};

Incoming::Incoming(net::Stream& stream, const Limits& limits) : stream_(stream), limits_(limits) {}

Incoming::~Incoming() = default;

awaitable<bool> Incoming::fill(std::chrono::milliseconds patience) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == buffer_.size() && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(std::max(kSmall, 2 * buffer_.size()));
    stream_.expect_within(std::max(patience, 1ms), "request");
    const auto came = co_await stream_.read_some(std::span(buffer_).subspan(end_));
    end_ += came;
    co_return came > 0;
}

Incoming::Next Incoming::refuse(unsigned status, std::string problem_) {
    refusal_ = problem(status, Error(ErrorCode::invalid_argument, std::move(problem_)).at("request"));
    return Next::refused;
}

awaitable<Incoming::Next> Incoming::next() {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser_->body_limit(boost::none);
    content_ = 0;
    waited_ = {};
    expects_ = false;
    if (begin_ == end_ && buffer_.size() > kSmall) {
        buffer_ = Bytes(kSmall);
        begin_ = end_ = 0;
    }
    bool began = begin_ < end_;
    auto until = Steady::now() + (began ? limits_.header : limits_.idle);
    for (;;) {
        boost::system::error_code failure;
        if (begin_ < end_) {
            begin_ += parser_->put(boost::asio::buffer(buffer_.data() + begin_, end_ - begin_), failure);
            if (!failure && parser_->is_header_done()) break;
            if (failure == wire::error::header_limit)
                co_return refuse(
                    431, fmt::format("The request's header is larger than {} bytes.", limits_.header_bytes));
            if (failure && failure != wire::error::need_more)
                co_return refuse(400, fmt::format("This is no HTTP request: {}.", failure.message()));
        }
        bool more = false;
        std::optional<ErrorCode> broke;
        try {
            more =
                co_await fill(std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()));
        } catch (const Error& error) {
            broke = error.code;
        }
        if (began && broke == ErrorCode::timeout)
            co_return refuse(408, "The request's header did not come in time.");
        if (broke || !more) co_return Next::none;
        if (!began) until = Steady::now() + limits_.header;
        began = true;
    }
    const auto& head = parser_->get();
    if (head.version() != 11 && head.version() != 10)
        co_return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if (head.version() == 11 && head.count(wire::field::host) != 1)
        co_return refuse(400, "A request says once, in the header Host, whom it is for.");
    const auto expect = view(head[wire::field::expect]);
    if (!expect.empty() && !boost::beast::iequals(expect, "100-continue"))
        co_return refuse(417, "Expect: 100-continue is the only expectation that is met here.");
    expects_ = !expect.empty() && head.version() == 11 && !parser_->is_done();
    co_return Next::request;
}

Request Incoming::head() {
    const auto& head = parser_->get();
    Request request;
    request.method = std::string(view(head.method_string()));
    request.body = this;
    request.most_text = limits_.document;
    for (const auto& field : head)
        request.headers.emplace_back(lower(view(field.name_string())), std::string(view(field.value())));
    const auto given = request.header("x-request-id");
    request.id = given && is_request_id(*given) ? *given : request_id();
    auto target = view(head.target());
    for (const std::string_view scheme : {"http://", "https://"})  // the absolute form, as proxies send it
        if (target.starts_with(scheme)) {
            target.remove_prefix(scheme.size());
            target.remove_prefix(std::min(target.find('/'), target.size()));
            if (target.empty()) target = "/";
        }
    const auto question = std::min(target.find('?'), target.size());
    request.path = std::string(target.substr(0, question));
    return request;
}

std::string Incoming::query() const {
    const auto target = view(parser_->get().target());
    const auto question = target.find('?');
    return question == std::string_view::npos ? std::string() : std::string(target.substr(question + 1));
}

bool Incoming::done() const {
    return parser_->is_done();
}

bool Incoming::keeps_alive() const {
    return parser_->get().keep_alive();
}

bool Incoming::is_http_1_0() const {
    return parser_->get().version() == 10;
}

std::optional<std::uint64_t> Incoming::announced_size() const {
    if (const auto size = parser_->content_length()) return *size;
    if (parser_->is_done()) return 0;
    return std::nullopt;
}

bool Incoming::empty() const {
    return parser_->is_done() && content_ == 0;
}

void Incoming::keep_pace(Steady::time_point began) {
    waited_ += Steady::now() - began;
    if (waited_ < limits_.grace) return;
    const auto seconds = std::chrono::duration<double>(waited_).count();
    if (static_cast<double>(content_) >= seconds * static_cast<double>(limits_.slowest)) return;
    broken_ = true;
    throw Error(ErrorCode::timeout,
                fmt::format("The client sends its content at less than {} bytes a second.", limits_.slowest))
        .at("request");
}

Error Incoming::no_http(const std::string& reason) {
    broken_ = true;
    return Error(ErrorCode::invalid_argument, fmt::format("The client's content is not HTTP: {}.", reason))
        .at("request");
}

awaitable<Bytes> Incoming::read() {
    if (parser_->is_done()) co_return Bytes{};
    if (broken_) throw Error(ErrorCode::connection_lost, "The client's content broke off.").at("request");
    if (expects_) {
        expects_ = false;
        constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
        stream_.expect_within(limits_.stalled, "request");
        co_await stream_.write(std::as_bytes(std::span(kGoOn)));
    }
    // A content of unknown or large size is taken in large pieces.
    const auto size = parser_->content_length_remaining();
    if (begin_ == end_ && buffer_.size() < kLarge && (!size || *size > kSmall)) {
        buffer_ = Bytes(kLarge);
        begin_ = end_ = 0;
    }
    for (;;) {
        while (begin_ < end_ && !parser_->is_done()) {
            Bytes piece(end_ - begin_);
            auto& space = parser_->get().body();
            space.data = piece.data();
            space.size = piece.size();
            boost::system::error_code failure;
            begin_ += parser_->put(boost::asio::buffer(buffer_.data() + begin_, end_ - begin_), failure);
            piece.resize(piece.size() - space.size);
            content_ += piece.size();
            if (!piece.empty()) co_return piece;
            if (failure == wire::error::need_more) break;
            if (failure && failure != wire::error::need_buffer) throw no_http(failure.message());
        }
        if (parser_->is_done()) co_return Bytes{};
        if (end_ - begin_ > limits_.header_bytes) throw no_http("the head of a chunk has no end");
        const auto began = Steady::now();
        bool more = false;
        std::optional<Error> broke;
        try {
            more = co_await fill(limits_.stalled);
        } catch (const Error& error) {
            broke = error;
        }
        if (broke || !more) broken_ = true;
        if (broke && broke->code == ErrorCode::timeout)
            throw Error(ErrorCode::timeout, "The client stalled in the middle of its content.").at("request");
        if (broke && broke->code == ErrorCode::cancelled) throw std::move(*broke);
        if (broke || !more)
            throw Error(ErrorCode::connection_lost, "The client went away in the middle of its content.")
                .at("request");
        keep_pace(began);
    }
}

awaitable<bool> Incoming::drop_rest() {
    for (std::uint64_t dropped = 0; !broken_ && dropped <= limits_.leftover;) {
        Bytes piece;
        try {
            piece = co_await read();
        } catch (const Error&) {
            co_return false;
        }
        if (piece.empty()) co_return true;
        dropped += piece.size();
    }
    co_return false;
}

awaitable<void> Incoming::linger() {
    std::array<std::byte, kSmall> rubbish;
    const auto until = Steady::now() + 2s;
    try {
        for (std::uint64_t taken = 0; taken < limits_.leftover && Steady::now() < until;) {
            stream_.expect_within(2s, "request");
            const auto came = co_await stream_.read_some(rubbish);
            if (came == 0) break;
            taken += came;
        }
    } catch (const Error&) {  // whatever it is, the connection ends now
    }
}

}  // namespace fairlead::http
