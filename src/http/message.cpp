#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"

namespace fairlead::http {
namespace {

template <class Pairs>
std::optional<std::string> last_of(const Pairs& pairs, std::string_view name) {
    std::optional<std::string> found;
    for (const auto& [key, value] : pairs)
        if (key == name) found = value;
    return found;
}

}  // namespace

bool Principal::may_see(std::string_view project) const {
    return projects.empty() || std::ranges::find(projects, project) != projects.end();
}

std::string_view to_string(Principal::Role role) noexcept {
    switch (role) {
        case Principal::Role::viewer:
            return "viewer";
        case Principal::Role::operator_:
            return "operator";
        case Principal::Role::admin:
            return "admin";
    }
    return "viewer";
}

Principal::Role parse_role(std::string_view word) {
    for (const auto role : {Principal::Role::viewer, Principal::Role::operator_, Principal::Role::admin})
        if (to_string(role) == word) return role;
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is no role.", word));
    error.faults.push_back({"role", std::string(word), "must be viewer, operator or admin"});
    throw error;
}

std::optional<std::string> Request::argument(std::string_view name) const {
    return last_of(query, name);
}

std::vector<std::string> Request::arguments(std::string_view name) const {
    std::vector<std::string> all;
    for (const auto& [key, value] : query)
        if (key == name) all.push_back(value);
    return all;
}

std::optional<std::string> Request::header(std::string_view name) const {
    return last_of(headers, name);
}

awaitable<std::string> Request::text(std::optional<std::size_t> most) {
    const auto limit = most.value_or(most_text);
    const auto refuse = [limit] {
        return Refusal{413,
                       Error(ErrorCode::invalid_argument,
                             fmt::format("The request's content is larger than {} bytes.", limit)),
                       {}};
    };
    std::string text;
    if (body == nullptr) co_return text;
    if (body->announced_size().value_or(0) > limit) throw refuse();
    for (;;) {
        const auto piece = co_await body->read();
        if (piece.empty()) break;
        if (text.size() + piece.size() > limit) throw refuse();
        text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    co_return text;
}

Response& Response::with(std::string name, std::string value) & {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
}
Response&& Response::with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
}

Response problem(unsigned status, const Error& error) {
    auto document = to_json(error);
    document["type"] = fmt::format("urn:fairlead:error:{}", to_string(error.code));
    document["title"] = reason_of(status);
    document["status"] = status;
    document["detail"] = document["message"];
    Response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", "application/problem+json");
    response.body = boost::json::serialize(document);
    return response;
}

std::string_view reason_of(unsigned status) noexcept {
    if (status == 428) return "Precondition Required";
    const auto words = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {words.data(), words.size()};
}

unsigned status_of(const Error& error) noexcept {
    switch (error.code) {
        case ErrorCode::invalid_argument:
            return 400;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::already_exists:
        case ErrorCode::conflict:
        case ErrorCode::not_empty:
        case ErrorCode::disabled:
        case ErrorCode::cancelled:
            return 409;
        case ErrorCode::outside_working_directory:
        case ErrorCode::egress_denied:
            return 403;
        case ErrorCode::server_busy:
            return 503;
        case ErrorCode::timeout:
            return 504;
        case ErrorCode::no_space:
        case ErrorCode::quota_exceeded:
            return 507;
        case ErrorCode::unsupported:
            return 501;
        case ErrorCode::internal:
            return 500;
        default:
            return 502;
    }
}

}  // namespace fairlead::http
