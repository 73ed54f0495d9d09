#include "api/token_book.hpp"

#include <fmt/format.h>

#include <vector>

#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

using namespace std::chrono_literals;
constexpr auto kFresh = 2s;  // what other processes change is noticed after that
constexpr auto kNow = 0s;    // for a token that nobody knows: it may be a moment old

constexpr bool is_same_letter(char a, char b) {
    return (a | 0x20) == b;
}

std::string_view bearer_of(std::string_view header) {
    constexpr std::string_view kScheme = "bearer ";
    if (header.size() <= kScheme.size()) return {};
    for (std::size_t i = 0; i + 1 < kScheme.size(); ++i)
        if (!is_same_letter(header[i], kScheme[i])) return {};
    header.remove_prefix(kScheme.size() - 1);
    while (header.starts_with(' '))
        header.remove_prefix(1);
    return header;
}

}  // namespace

TokenBook::TokenBook(service::WorkspacePool& workspaces, http::Failures::Limits limits)
    : workspaces_(workspaces), failures_(limits) {}

awaitable<void> TokenBook::load_if_older_than(Clock::duration age) {
    const auto now = Clock::now();
    const bool usable = loaded_at_ != Clock::time_point{};
    if (usable && now - loaded_at_ <= age) co_return;
    if (usable && loading_ && now - loaded_at_ <= 2 * age) co_return;  // somebody is at it
    loading_ = true;
    struct Until {
        bool& flag;
        ~Until() { flag = false; }
    } until{loading_};
    const auto list = [](service::Workspace& workspace) {
        return service::Tokens(workspace.store(), workspace.actor()).list();
    };
    auto tokens = co_await workspaces_.run(service::Actor{"fairlead", "daemon"}, list);
    tokens_.clear();
    for (auto& token : tokens) {
        auto id = token.record.id;
        tokens_.emplace(std::move(id), std::move(token));
    }
    loaded_at_ = now;
}

std::optional<http::Principal> TokenBook::find(const service::TokenText& text) const {
    const auto found = tokens_.find(text.id);
    if (found == tokens_.end()) return std::nullopt;
    const auto& token = found->second;
    const bool right = service::same_hash(token.hash, text.hash);
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    if (!right || token.revoked || token.expired(now)) return std::nullopt;
    return http::Principal{token.name, http::parse_role(token.role), token.projects};
}

awaitable<std::optional<http::Principal>> TokenBook::who(const http::Request& request) {
    const auto header = request.header("authorization");
    if (!header) co_return std::nullopt;
    const auto text = service::parse_token(bearer_of(*header));
    if (text) {
        co_await load_if_older_than(kFresh);
        if (auto found = find(*text)) co_return found;
    }
    const auto now = http::Failures::Clock::now();
    if (const auto wait = failures_.wait_of(request.remote, now)) {
        Error error(ErrorCode::server_busy,
                    fmt::format("Too many requests with a wrong token came from {}.", request.remote));
        error.retry_after = *wait;
        throw http::Refusal{429, std::move(error), {{"Retry-After", std::to_string(wait->count())}}};
    }
    if (text) {
        co_await load_if_older_than(kNow);
        if (auto found = find(*text)) co_return found;
    }
    failures_.record(request.remote, now);
    co_return std::nullopt;
}

}  // namespace fairlead::api
