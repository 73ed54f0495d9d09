#include "service/vault.hpp"

#include <fmt/format.h>

#include "catalog/secret_key.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

constexpr std::string_view kKeySetting = "secret_key_id";

Error missing_key(const std::string& directory) {
    return Error(
               ErrorCode::internal,
               fmt::format("The key that the stored secrets are encrypted with is missing: there is neither "
                           "$FAIRLEAD_KEY nor {}/secret.key. Nothing was changed.",
                           directory))
        .hinting("put the key back from your backup; without it the secrets must be entered again");
}

Error other_key(const std::string& source) {
    return Error(ErrorCode::internal,
                 fmt::format(
                     "The key in {} is not the one that the stored secrets are encrypted with. Nothing was "
                     "changed.",
                     source))
        .hinting("use the key that belongs to this data directory");
}

}  // namespace

Vault::Vault(std::string data_directory, store::SettingStore& settings)
    : data_directory_(std::move(data_directory)), settings_(settings) {}

const catalog::SecretBox& Vault::box(bool may_make_key) {
    if (box_) return *box_;
    const auto expected = settings_.get(kKeySetting);
    auto key = catalog::find_secret_key(data_directory_);
    if (!key) {
        if (expected || !may_make_key) throw missing_key(data_directory_);
        key = catalog::make_secret_key(data_directory_);
    }
    catalog::SecretBox box(std::move(key->key));
    const auto id = box.key_id();
    if ((expected ? *expected : settings_.set_once(kKeySetting, id)) != id) throw other_key(key->source);
    return box_.emplace(std::move(box));
}

std::string Vault::seal(const Secret& secret, std::string_view record_id, std::string_view field) {
    return box(true).seal(secret, record_id, field);
}

Secret Vault::open(std::string_view sealed, std::string_view record_id, std::string_view field) {
    return box(false).open(sealed, record_id, field);
}

void Vault::seal(catalog::Connection& connection) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        if (secret->empty()) continue;
        connection.sealed[field] = box(true).seal(*secret, connection.record.id, field);
        *secret = Secret();
    }
}

void Vault::open(catalog::Connection& connection) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        const auto sealed = connection.sealed.find(field);
        if (sealed != connection.sealed.end() && secret->empty())
            *secret = box(false).open(sealed->second, connection.record.id, field);
    }
}

std::optional<std::string> Vault::key_source() {
    const auto expected = settings_.get(kKeySetting);
    auto key = catalog::find_secret_key(data_directory_);
    if (!key && expected) throw missing_key(data_directory_);
    if (!key) return std::nullopt;
    if (expected && catalog::SecretBox(std::move(key->key)).key_id() != *expected)
        throw other_key(key->source);
    return key->source;
}

}  // namespace fairlead::service
