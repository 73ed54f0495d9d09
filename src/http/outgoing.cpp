#include "http/outgoing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <iterator>
#include <span>

namespace fairlead::http {
namespace {

/// "Sat, 28 Nov 2026 17:30:00 GMT"; made once a second.
const std::string& date_now() {
    thread_local std::time_t made_for = 0;
    thread_local std::string text;
    const auto now = std::time(nullptr);
    if (now == made_for) return text;
    made_for = now;
    std::tm fields{};
    ::gmtime_r(&now, &fields);
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[fields.tm_wday], fields.tm_mday,
                       kMonths[fields.tm_mon], fields.tm_year + 1900, fields.tm_hour, fields.tm_min,
                       fields.tm_sec);
    return text;
}

bool has(const Response& response, std::string_view name) {
    return std::ranges::any_of(response.headers, [name](const auto& header) {
        return boost::beast::iequals(boost::beast::string_view(header.first.data(), header.first.size()),
                                     boost::beast::string_view(name.data(), name.size()));
    });
}

/// A line end in a value would be a header of its own, or an answer of its own.
void add_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ");
    for (const char c : value)
        head += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    head += "\r\n";
}

enum class Framing { none, sized, chunked, until_end };

Framing framing_of(const Response& response, const Manner& manner) {
    if (response.status == 204 || response.status == 304 || response.status < 200) return Framing::none;
    if (!response.stream || response.stream_size) return Framing::sized;
    return manner.http_1_0 ? Framing::until_end : Framing::chunked;
}

std::string head_of(const Response& response, const Manner& manner, Framing framing, bool keeps) {
    std::string head;
    head.reserve(512);
    fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                   reason_of(response.status));
    add_header(head, "Date", date_now());
    for (const auto& [name, value] : response.headers)
        add_header(head, name, value);
    if (!has(response, "Cache-Control")) head += "Cache-Control: no-store\r\n";
    if (!has(response, "X-Content-Type-Options")) head += "X-Content-Type-Options: nosniff\r\n";
    const bool says_size = has(response, "Content-Length");
    if (framing == Framing::sized && !says_size)
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n",
                       response.stream ? *response.stream_size : response.body.size());
    if (framing == Framing::chunked && !(manner.without_content && says_size))
        head += "Transfer-Encoding: chunked\r\n";
    if (!keeps)
        head += "Connection: close\r\n";
    else if (manner.http_1_0)
        head += "Connection: keep-alive\r\n";
    head += "\r\n";
    return head;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The rest of a content that comes piece by piece. False: it broke off.
awaitable<bool> send_stream(net::Stream& stream, const Limits& limits, Response& response, Framing framing,
                            std::uint64_t& sent) {
    for (;;) {
        const auto piece = co_await response.stream();
        if (piece.empty()) break;
        stream.expect_within(limits.stalled, "response");
        if (framing == Framing::sized && sent + piece.size() > *response.stream_size) co_return false;
        if (framing == Framing::chunked) {
            auto chunk = fmt::format("{:x}\r\n", piece.size());
            if (piece.size() <= 16 * 1024) {
                chunk.append(reinterpret_cast<const char*>(piece.data()), piece.size()).append("\r\n");
                co_await stream.write(bytes_of(chunk));
            } else {
                co_await stream.write(bytes_of(chunk));
                co_await stream.write(piece);
                co_await stream.write(bytes_of("\r\n"));
            }
        } else {
            co_await stream.write(piece);
        }
        sent += piece.size();
    }
    if (framing == Framing::chunked) co_await stream.write(bytes_of("0\r\n\r\n"));
    co_return framing != Framing::sized || sent == *response.stream_size;
}

}  // namespace

awaitable<Sent> send(net::Stream& stream, const Limits& limits, Response& response, Manner manner) {
    const auto framing = framing_of(response, manner);
    Sent sent;
    sent.keeps_alive = manner.keeps_alive && framing != Framing::until_end;
    try {
        auto head = head_of(response, manner, framing, sent.keeps_alive);
        const bool content = framing != Framing::none && !manner.without_content;
        const bool together = content && !response.stream && response.body.size() <= 64 * 1024;
        if (together) head += response.body;
        stream.expect_within(limits.stalled, "response");
        co_await stream.write(bytes_of(head));
        if (content && !response.stream && !together) co_await stream.write(bytes_of(response.body));
        if (content && !response.stream) sent.bytes = response.body.size();
        sent.whole = true;
        if (content && response.stream)
            sent.whole = co_await send_stream(stream, limits, response, framing, sent.bytes);
    } catch (const Error& error) {
        sent.whole = false;
        if (error.code == ErrorCode::cancelled) throw;
    } catch (const std::exception&) {  // of the stream that the content comes from
        sent.whole = false;
    }
    if (!sent.whole) sent.keeps_alive = false;
    co_return sent;
}

}  // namespace fairlead::http
