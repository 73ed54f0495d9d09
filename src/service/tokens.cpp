#include "service/tokens.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cctype>

#include "base/digest.hpp"
#include "base/near.hpp"
#include "base/quantity.hpp"
#include "catalog/connection.hpp"
#include "fairlead/error.hpp"
#include "service/actor.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

namespace json = boost::json;
constexpr std::size_t kRandomBytes = 32;
constexpr std::string_view kPrefix = "flt_";

Time now() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
    std::string text;
    for (const auto byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

std::string hash_of(std::string_view random) {
    Digest digest(ChecksumAlgorithm::sha256);
    digest.add(std::as_bytes(std::span(random.data(), random.size())));
    return digest.finish();
}

std::string text_at(const json::object& definition, std::string_view name) {
    const auto* value = definition.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Token token_of(const catalog::Resource& resource) {
    Token token;
    token.record = resource.record;
    token.name = resource.name;
    token.revoked = !resource.enabled;
    token.description = text_at(resource.definition, "description");
    token.role = text_at(resource.definition, "role");
    token.hash = text_at(resource.definition, "hash");
    if (const auto ends = text_at(resource.definition, "expiresAt"); !ends.empty())
        token.expires_at = parse_rfc3339(ends, "expiresAt");
    if (const auto* projects = resource.definition.if_contains("projects");
        projects != nullptr && projects->is_array())
        for (const auto& project : projects->get_array())
            token.projects.emplace_back(project.as_string());
    return token;
}

json::object definition_of(const Token& token) {
    json::object definition{{"description", token.description},
                            {"role", token.role},
                            {"projects", json::array(token.projects.begin(), token.projects.end())},
                            {"hash", token.hash}};
    if (token.expires_at) definition["expiresAt"] = to_rfc3339(*token.expires_at);
    return definition;
}

catalog::Resource resource_of(const Token& token) {
    catalog::Resource resource;
    resource.kind = catalog::Kind::token;
    resource.record = token.record;
    resource.name = token.name;
    resource.enabled = !token.revoked;
    resource.definition = definition_of(token);
    return resource;
}

void require_valid(const Tokens::Wish& wish) {
    std::vector<Fault> faults;
    if (!catalog::is_connection_name(wish.name))
        faults.push_back({"name", wish.name,
                          "must have 1 to 128 characters: letters, digits, '.', '_', '-' and inner spaces"});
    if (wish.description.size() > 1000)
        faults.push_back({"description", "", "must have at most 1000 characters"});
    if (wish.role != "viewer" && wish.role != "operator" && wish.role != "admin")
        faults.push_back({"role", wish.role, "must be viewer, operator or admin"});
    for (std::size_t i = 0; i < wish.projects.size(); ++i)
        if (!catalog::is_connection_name(wish.projects[i]))
            faults.push_back({fmt::format("projects[{}]", i), wish.projects[i], "is no name of a project"});
    if (wish.expires_at && *wish.expires_at <= now())
        faults.push_back({"expiresAt", to_rfc3339(*wish.expires_at), "must be in the future"});
    if (faults.empty()) return;
    Error error(ErrorCode::invalid_argument,
                fmt::format("The token is not valid: {} {}.", faults.front().field, faults.front().problem));
    error.faults = std::move(faults);
    throw error;
}

void require_revision(const Token& token, std::optional<std::int64_t> expected) {
    if (expected && *expected != token.record.revision)
        throw Error(ErrorCode::conflict, fmt::format("The token '{}' has changed meanwhile.", token.name))
            .hinting("read it again, and repeat the change on what it is now");
}

}  // namespace

Tokens::Tokens(store::Store& store, const Actor& actor) : store_(store), actor_(actor) {}

NewToken Tokens::create(const Wish& wish) {
    require_valid(wish);
    NewToken made;
    auto& token = made.token;
    token.record.id = catalog::make_id();
    token.record.project = std::string(catalog::kGlobalProject);
    token.record.revision = 1;
    token.record.created_at = token.record.updated_at = now();
    token.record.created_by = token.record.updated_by = actor_.name;
    token.name = wish.name;
    token.description = wish.description;
    token.role = wish.role;
    token.projects = wish.projects;
    token.expires_at = wish.expires_at;
    std::array<unsigned char, kRandomBytes> random;
    randombytes_buf(random.data(), random.size());
    const auto random_text = hexadecimal(random);
    token.hash = hash_of(random_text);
    made.text = Secret(fmt::format("{}{}_{}", kPrefix, token.record.id, random_text));
    store_.resources().apply({store::Change::create, resource_of(token), {}}, actor_.via);
    return made;
}

std::vector<Token> Tokens::list() {
    store::ResourceQuery query;
    query.kind = catalog::Kind::token;
    std::vector<Token> tokens;
    for (const auto& resource : store_.resources().list(query))
        tokens.push_back(token_of(resource));
    return tokens;
}

Token Tokens::get(std::string_view name_or_id) {
    auto& resources = store_.resources();
    auto found = resources.find(catalog::Kind::token, catalog::kGlobalProject, name_or_id);
    if (!found) found = resources.find(name_or_id);
    if (found && found->kind == catalog::Kind::token) return token_of(*found);
    auto error = Error(ErrorCode::not_found, fmt::format("There is no token '{}'.", name_or_id));
    const auto close = nearest(name_or_id, resources.names(catalog::Kind::token, catalog::kGlobalProject));
    error.hint = close.empty() ? "fairlead token list shows those that exist"
                               : fmt::format("did you mean '{}'?", close);
    throw error;
}

Token Tokens::revoke(std::string_view name_or_id, std::optional<std::int64_t> expected_revision) {
    auto token = get(name_or_id);
    require_revision(token, expected_revision);
    if (token.revoked) return token;
    token.revoked = true;
    token.record.revision += 1;
    token.record.updated_at = now();
    token.record.updated_by = actor_.name;
    store_.resources().apply({store::Change::disable, resource_of(token), {}}, actor_.via);
    return token;
}

void Tokens::remove(std::string_view name_or_id, std::optional<std::int64_t> expected_revision) {
    auto token = get(name_or_id);
    require_revision(token, expected_revision);
    token.record.updated_at = now();
    token.record.updated_by = actor_.name;
    store_.resources().apply({store::Change::remove, resource_of(token), {}}, actor_.via);
}

std::optional<TokenText> parse_token(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    text.remove_prefix(kPrefix.size());
    const auto middle = text.find('_');
    if (middle == std::string_view::npos) return std::nullopt;
    const auto random = text.substr(middle + 1);
    if (random.size() != 2 * kRandomBytes) return std::nullopt;
    return TokenText{std::string(text.substr(0, middle)), hash_of(random)};
}

bool same_hash(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() && !one.empty() &&
           sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

Time parse_expiry(std::string_view text, std::string_view field, Time now) {
    const bool is_date = text.size() >= 10 && text[4] == '-' && text[7] == '-';
    if (is_date) return parse_rfc3339(text, field);
    return now + parse_duration(text, field);
}

json::object to_json(const Token& token) {
    json::object document{{"id", token.record.id},
                          {"name", token.name},
                          {"description", token.description},
                          {"role", token.role},
                          {"projects", json::array(token.projects.begin(), token.projects.end())},
                          {"expiresAt", nullptr},
                          {"revoked", token.revoked},
                          {"expired", token.expired(now())},
                          {"revision", token.record.revision},
                          {"etag", token.record.etag()},
                          {"createdAt", to_rfc3339(token.record.created_at)},
                          {"updatedAt", to_rfc3339(token.record.updated_at)},
                          {"createdBy", token.record.created_by},
                          {"updatedBy", token.record.updated_by}};
    if (token.expires_at) document["expiresAt"] = to_rfc3339(*token.expires_at);
    return document;
}

}  // namespace fairlead::service
