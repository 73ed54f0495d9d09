#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/failures.hpp"
#include "http/message.hpp"
#include "service/tokens.hpp"

namespace fairlead::service {
class WorkspacePool;
}

namespace fairlead::api {

/// Who is who: the tokens of the store, kept at hand so that a request costs no query. What another process
/// changes is noticed within two seconds; what is changed through this one, at once. Used on the server's
/// thread.
class TokenBook {
  public:
    explicit TokenBook(service::WorkspacePool& workspaces, http::Failures::Limits limits = {});

    /// Who sent this request, by its "Authorization: Bearer"; nothing: nobody we know. Throws a Refusal 429
    /// for an address that has failed too often; a token that is good is taken from there still.
    awaitable<std::optional<http::Principal>> who(const http::Request& request);

    /// Says that tokens have changed.
    void forget() noexcept { loaded_at_ = {}; }

  private:
    using Clock = std::chrono::steady_clock;
    awaitable<void> load_if_older_than(Clock::duration age);
    std::optional<http::Principal> find(const service::TokenText& text) const;

    service::WorkspacePool& workspaces_;
    http::Failures failures_;
    std::unordered_map<std::string, service::Token> tokens_;  // by id
    Clock::time_point loaded_at_{};
    bool loading_ = false;
};

}  // namespace fairlead::api
