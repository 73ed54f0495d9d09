#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/connection.hpp"
#include "catalog/secret_box.hpp"
#include "store/setting_store.hpp"

namespace fairlead::service {

/// Seals and opens the secrets of connections. The key is looked for only when one is needed; the store
/// remembers which key its secrets were made with, so that another one is refused before it can do harm.
class Vault {
  public:
    /// The store must outlive this object.
    Vault(std::string data_directory, store::SettingStore& settings);

    /// Encrypts one secret for a record and field; makes a key when there is none yet.
    std::string seal(const Secret& secret, std::string_view record_id, std::string_view field);
    /// Throws Error{internal} with a hint when the key is missing or another one.
    Secret open(std::string_view sealed, std::string_view record_id, std::string_view field);

    /// Moves the secrets in the clear into `sealed`, for the connection's id. An empty new secret changes
    /// nothing.
    void seal(catalog::Connection& connection);
    /// Puts every sealed secret in the clear where no new one stands.
    /// Throws Error{internal} with a hint when the key is missing or another one.
    void open(catalog::Connection& connection);

    /// Where the key comes from, and whether it fits the database. For `doctor`; makes nothing.
    /// Throws what `open` would.
    std::optional<std::string> key_source();

  private:
    const catalog::SecretBox& box(bool may_make_key);

    std::string data_directory_;
    store::SettingStore& settings_;
    std::optional<catalog::SecretBox> box_;
};

}  // namespace fairlead::service
