#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::store {

/// An answer that was given, to be given again.
struct GivenAnswer {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// What became of requests with an Idempotency-Key; keys belong to the token that sent them. Used from one
/// thread.
class IdempotencyStore {
  public:
    virtual ~IdempotencyStore() = default;

    /// What a key was used for before.
    struct Earlier {
        std::string request;                ///< as it was given to `begin`
        std::optional<GivenAnswer> answer;  ///< absent: it is being answered still
    };
    /// Claims a key for a request until `until`; gives what it was used for before, unless that has expired.
    /// Of several callers at once, one gets nothing, and so answers.
    virtual std::optional<Earlier> begin(std::string_view token, std::string_view key,
                                         std::string_view request, Time now, Time until) = 0;
    /// Keeps the claim of a request that is being answered still until then.
    virtual void extend(std::string_view token, std::string_view key, Time until) = 0;
    /// Keeps the answer until then.
    virtual void finish(std::string_view token, std::string_view key, const GivenAnswer& answer,
                        Time until) = 0;
    /// Lets go of the key, as if it had never been used.
    virtual void forget(std::string_view token, std::string_view key) = 0;
    /// Removes what has expired.
    virtual void forget_expired(Time now) = 0;
};

}  // namespace fairlead::store
