#include "http/multipart.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/router.hpp"

namespace fairlead::http {
namespace {

constexpr std::size_t kLongestBoundary = 200;
constexpr std::size_t kLongestLine = 16 * 1024;
constexpr std::size_t kMostHeaders = 64;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

Error broken(std::string_view what) {
    return Error(ErrorCode::invalid_argument, fmt::format("The multipart content {}.", what)).at("request");
}

/// Up to the next semicolon outside of quotes; a quoted text loses its quotes and escapes.
std::string take_value(std::string_view& rest) {
    std::string value;
    rest = trimmed(rest);
    const bool quoted = rest.starts_with('"');
    std::size_t i = quoted ? 1 : 0;
    for (; i < rest.size(); ++i) {
        if (!quoted && rest[i] == ';') break;
        if (quoted && rest[i] == '"') break;
        // Browsers send %22 for a quote and no escapes; others escape quotes and backslashes alone.
        if (quoted && rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
        value += rest[i];
    }
    const auto end = rest.find(';', std::min(i, rest.size()));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return quoted ? value : std::string(trimmed(value));
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view value, std::string_view name) {
    std::optional<std::string> plain;
    auto rest = value;
    take_value(rest);  // what stands before the parameters
    while (!rest.empty()) {
        const auto equals = rest.find('=');
        if (equals == std::string_view::npos) break;
        const auto key = lower(trimmed(rest.substr(0, equals)));
        rest.remove_prefix(equals + 1);
        auto given = take_value(rest);
        if (key == name) plain = std::move(given);
        if (key != std::string(name) + "*") continue;
        const auto language = given.find('\'');
        const auto text = language == std::string::npos ? language : given.find('\'', language + 1);
        if (text == std::string::npos || lower(given.substr(0, language)) != "utf-8") continue;
        return decoded(std::string_view(given).substr(text + 1), false);
    }
    return plain;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
    if (!lower(content_type).starts_with("multipart/")) return std::nullopt;
    auto boundary = header_parameter(content_type, "boundary").value_or("");
    if (boundary.empty() || boundary.size() > kLongestBoundary ||
        boundary.find_first_of("\r\n") != std::string::npos)
        throw broken("has no boundary in its Content-Type");
    return boundary;
}

std::string Multipart::Part::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

// The first boundary has no line end before it: it gets one, so that all are found in the same way.
Multipart::Multipart(Body& body, std::string boundary)
    : body_(body), delimiter_("\r\n--" + std::move(boundary)), held_("\r\n") {}

awaitable<bool> Multipart::fill() {
    const auto piece = co_await body_.read();
    held_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    co_return !piece.empty();
}

awaitable<std::string> Multipart::line() {
    for (;;) {
        const auto end = held_.find("\r\n");
        if (end != std::string::npos) {
            auto text = held_.substr(0, end);
            held_.erase(0, end + 2);
            co_return text;
        }
        if (held_.size() > kLongestLine) throw broken("has a header line without an end");
        const bool more = co_await fill();
        if (!more) throw broken("breaks off");
    }
}

awaitable<Bytes> Multipart::read() {
    if (!in_part_) co_return Bytes{};
    for (;;) {
        const auto found = held_.find(delimiter_);
        // What may be the beginning of a boundary is kept until more has come.
        const auto sure = found != std::string::npos ? found : held_.size() - std::min(held_.size(), delimiter_.size());
        if (sure > 0) {
            const auto* begin = reinterpret_cast<const std::byte*>(held_.data());
            Bytes piece(begin, begin + sure);
            held_.erase(0, sure);
            co_return piece;
        }
        if (found == 0) {
            in_part_ = false;
            co_return Bytes{};
        }
        const bool more = co_await fill();
        if (!more) throw broken("ends without its last boundary");
    }
}

awaitable<void> Multipart::require(std::size_t bytes) {
    while (held_.size() < bytes) {
        const bool more = co_await fill();
        if (!more) throw broken("ends without its last boundary");
    }
}

awaitable<std::optional<Multipart::Part>> Multipart::next() {
    if (ended_) co_return std::nullopt;
    if (!begun_) in_part_ = true;  // what stands before the first boundary is passed over as a part is
    begun_ = true;
    while (in_part_)
        (void)co_await read();
    held_.erase(0, delimiter_.size());
    co_await require(2);
    if (held_.starts_with("--")) {
        ended_ = true;
        co_return std::nullopt;
    }
    const auto rest = co_await line();
    if (!trimmed(rest).empty()) throw broken("has a boundary that goes on with something else");
    Part part;
    for (;;) {
        const auto text = co_await line();
        if (text.empty()) break;
        const auto colon = text.find(':');
        if (colon == std::string::npos || part.headers.size() == kMostHeaders)
            throw broken("has a part whose header cannot be read");
        part.headers.emplace_back(lower(trimmed(text.substr(0, colon))),
                                  std::string(trimmed(std::string_view(text).substr(colon + 1))));
    }
    // Of a part without content, the empty line may be the line end of the boundary already.
    co_await require(delimiter_.size() - 2);
    if (std::string_view(held_).starts_with(std::string_view(delimiter_).substr(2))) held_.insert(0, "\r\n");
    in_part_ = true;
    co_return part;
}

awaitable<std::string> Multipart::text(std::size_t most) {
    std::string all;
    for (;;) {
        const auto piece = co_await read();
        if (piece.empty()) co_return all;
        all.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        if (all.size() > most)
            throw Refusal{413,
                          Error(ErrorCode::invalid_argument,
                                fmt::format("A part without a file name is larger than {} bytes.", most)),
                          {}};
    }
}

}  // namespace fairlead::http
