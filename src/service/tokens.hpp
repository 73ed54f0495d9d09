#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/entry.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

struct Actor;

/// What lets somebody use the API: a role in some projects. The text itself ("flt_ID_SECRET") is shown once,
/// when it is made; what is stored is the SHA-256 of its random part, which is as good as it is long (256
/// bits).
struct Token {
    catalog::Record record;
    std::string name;
    std::string description;
    std::string role = "viewer";        ///< "viewer", "operator" or "admin"
    std::vector<std::string> projects;  ///< empty: all
    std::optional<Time> expires_at;
    bool revoked = false;
    std::string hash;  ///< of the random part, hexadecimal

    bool expired(Time now) const { return expires_at && *expires_at <= now; }
};

/// A token that was just made, with its text.
struct NewToken {
    Token token;
    Secret text;
};

/// The tokens of a store. Used from one thread.
class Tokens {
  public:
    Tokens(store::Store& store, const Actor& actor);

    struct Wish {
        std::string name;
        std::string description;
        std::string role = "viewer";
        std::vector<std::string> projects;
        std::optional<Time> expires_at;
    };
    /// Throws invalid_argument with every fault, already_exists for a name that is taken.
    NewToken create(const Wish& wish);
    /// By name. Those that were revoked stay in the list until they are deleted.
    std::vector<Token> list();
    /// By name or id. Throws not_found.
    Token get(std::string_view name_or_id);
    /// From now on the token is refused; what it was stays to be seen. Throws not_found, and conflict when
    /// `expected_revision` is stale.
    Token revoke(std::string_view name_or_id, std::optional<std::int64_t> expected_revision = {});
    /// Forgets a token, revoked or not.
    void remove(std::string_view name_or_id, std::optional<std::int64_t> expected_revision = {});

  private:
    store::Store& store_;
    const Actor& actor_;
};

/// The parts of a token's text. Nothing: it does not look like one.
struct TokenText {
    std::string id;    ///< of the stored token
    std::string hash;  ///< of the random part, as Token::hash
};
std::optional<TokenText> parse_token(std::string_view text);
/// Compares two hashes in a time that says nothing of where they differ.
bool same_hash(std::string_view one, std::string_view other) noexcept;

/// "30d", "12h", "90m", "45s" or an RFC 3339 time, as when it ends. Throws invalid_argument naming `field`.
Time parse_expiry(std::string_view text, std::string_view field, Time now);

boost::json::object to_json(const Token& token);

}  // namespace fairlead::service
