#include "service/vault.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "fairlead/error.hpp"
#include "catalog/secret_reference.hpp"
#include "service/key_lock.hpp"
#include "service/secret_lookup.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

Error missing_key(const std::string& directory) {
    return Error(
               ErrorCode::internal,
               fmt::format("The key that the stored secrets are encrypted with is missing: there is neither "
                           "$FAIRLEAD_KEY nor {}/secret.key. Nothing was changed.",
                           directory))
        .hinting(
            "put the key back from your backup, or copy secret.key from another machine that uses this "
            "store; without "
            "it the secrets must be entered again");
}

Error other_key(const std::string& source) {
    return Error(ErrorCode::internal,
                 fmt::format(
                     "The key in {} is not the one that the stored secrets are encrypted with. Nothing was "
                     "changed.",
                     source))
        .hinting(
            "use the key that the first secret was stored with; machines that share a store share its key");
}

std::string id_of(const catalog::SecretKey& key) {
    return catalog::SecretBox(key.key).key_id();
}

/// The key with this id, or the one that is there when none is in force yet. Nothing when there is none.
std::optional<catalog::SecretKey> key_in_force(const std::string& directory, const std::optional<std::string>& id) {
    auto keys = catalog::find_secret_keys(directory);
    if (keys.empty()) return std::nullopt;
    const auto fits = [&](const catalog::SecretKey& key) { return id ? id_of(key) == *id : !key.is_next; };
    const auto found = std::ranges::find_if(keys, fits);
    if (found != keys.end()) return std::move(*found);
    // Both files of a rotation that has ended since are old news: look once more before saying so.
    keys = catalog::find_secret_keys(directory);
    const auto again = std::ranges::find_if(keys, fits);
    if (again != keys.end()) return std::move(*again);
    throw other_key(keys.empty() ? directory + "/secret.key" : keys.front().source);
}

}  // namespace

Vault::Vault(std::string data_directory, store::Store& store)
    : data_directory_(std::move(data_directory)), store_(store) {}

/// A rotation that was cut off after the store had changed: the next key is the key now.
void Vault::finish_rotation(const std::string& id) noexcept {
    try {
        const KeyLock lock(data_directory_, false);
        if (!lock.held()) return;  // who holds it does so
        for (const auto& key : catalog::find_secret_keys(data_directory_))
            if (key.is_next && key.is_ours && id_of(key) == id) catalog::adopt_next_secret_key(data_directory_);
    } catch (const std::exception&) {
        // Both files are there: another time will do.
    }
}

const catalog::SecretBox& Vault::box(bool may_make_key) {
    auto expected = store_.settings().get(kKeySetting);
    if (box_ && expected == id_) return *box_;
    std::optional<catalog::SecretKey> key;
    try {
        key = key_in_force(data_directory_, expected);
    } catch (const Error&) {
        // The key may have been replaced between the two looks, at the store and at the files.
        const auto now = store_.settings().get(kKeySetting);
        if (now == expected) throw;
        expected = now;
        key = key_in_force(data_directory_, expected);
    }
    if (!key) {
        if (expected || !may_make_key) throw missing_key(data_directory_);
        key = catalog::make_secret_key(data_directory_);
    }
    catalog::SecretBox found(key->key);
    const auto id = found.key_id();
    if (!expected) expected = store_.settings().set_once(kKeySetting, id);
    if (*expected != id) throw other_key(key->source);
    if (key->is_next && key->is_ours) finish_rotation(id);
    if (box_) previous_ = std::move(box_);
    box_.emplace(std::move(found));
    id_ = id;
    return *box_;
}

std::string Vault::seal(const Secret& secret, std::string_view record_id, std::string_view field) {
    const auto text = secret.reveal();
    if (catalog::is_secret_reference(text)) {
        (void)catalog::parse_secret_reference(text, field);
        return catalog::to_sealed(text);
    }
    return box(true).seal(catalog::secret_of_text(text), record_id, field);
}

Secret Vault::open(std::string_view sealed, std::string_view record_id, std::string_view field) {
    if (const auto reference = catalog::reference_in(sealed))
        return look_up_secret(*reference, field, secret_lookup_options());
    const auto& current = box(false);
    if (!previous_) return current.open(sealed, record_id, field);
    try {
        return current.open(sealed, record_id, field);
    } catch (const Error&) {
        return previous_->open(sealed, record_id, field);
    }
}

void Vault::seal(catalog::Connection& connection) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        if (secret->empty()) continue;
        connection.sealed[field] = seal(*secret, connection.record.id, field);
        *secret = Secret();
    }
}

void Vault::open(catalog::Connection& connection) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        const auto sealed = connection.sealed.find(field);
        if (sealed != connection.sealed.end() && secret->empty())
            *secret = open(sealed->second, connection.record.id, field);
    }
}

void Vault::prepare() noexcept {
    try {
        if (!box_ && store_.settings().get(kKeySetting)) (void)box(false);
    } catch (const std::exception&) {
        // Said when a secret is opened.
    }
}

void Vault::keep(const std::function<void()>& work) {
    store_.together([&] {
        require_current();
        work();
    });
}

void Vault::require_current() {
    if (!box_ || store_.settings().get(kKeySetting) == id_) return;
    throw Error(ErrorCode::conflict, "The secrets were encrypted under a new key meanwhile; nothing was changed.")
        .hinting("repeat the change");
}

std::optional<std::string> Vault::key_source(const std::string& data_directory,
                                             const std::optional<std::string>& id) {
    const auto key = key_in_force(data_directory, id);
    if (!key && id) throw missing_key(data_directory);
    if (!key) return std::nullopt;
    return key->source;
}

}  // namespace fairlead::service
