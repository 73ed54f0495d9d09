#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/connection.hpp"
#include "catalog/secret_box.hpp"
#include "catalog/secret_key.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

/// Seals and opens secrets. The key is looked for only when one is needed; the store remembers which key its
/// secrets were made with, so that another one is refused before it can do harm, and a key that was replaced
/// meanwhile is noticed.
class Vault {
  public:
    /// What the store calls the id of the key in force.
    static constexpr std::string_view kKeySetting = "secret_key_id";

    /// The store must outlive this object.
    Vault(std::string data_directory, store::Store& store);

    /// Encrypts one secret for a record and field; makes a key when there is none yet. A reference to a secret
    /// that is kept elsewhere (see catalog::SecretReference) stays a reference, which needs no key.
    std::string seal(const Secret& secret, std::string_view record_id, std::string_view field);
    /// The secret; one that is kept elsewhere is looked up now, and may block. Throws Error{internal} with a hint
    /// when the key is missing or another one, and what look_up_secret throws.
    Secret open(std::string_view sealed, std::string_view record_id, std::string_view field);

    /// Moves the secrets in the clear into `sealed`, for the connection's id. An empty new secret changes
    /// nothing.
    void seal(catalog::Connection& connection);
    /// Puts every sealed secret in the clear where no new one stands. Throws as the other `open`.
    void open(catalog::Connection& connection);

    /// Takes the key at hand, if there is one: what is read from the store after this can be opened even if
    /// the key is replaced in between. Throws nothing; whatever is wrong shows when a secret is opened.
    void prepare() noexcept;
    /// Runs what stores sealed secrets as one transaction, in which the key that they were sealed with is still
    /// in force. Throws Error{conflict} when it was replaced since.
    void keep(const std::function<void()>& work);
    /// The same check, for whoever has a transaction of his own.
    void require_current();

    /// Where the key comes from, and whether it fits the store, whose key in force has this id. Makes nothing.
    /// Throws what `open` would.
    static std::optional<std::string> key_source(const std::string& data_directory,
                                                 const std::optional<std::string>& id);

    const std::string& data_directory() const noexcept { return data_directory_; }

  private:
    const catalog::SecretBox& box(bool may_make_key);
    void finish_rotation(const std::string& id) noexcept;

    std::string data_directory_;
    store::Store& store_;
    std::optional<catalog::SecretBox> box_;
    std::optional<catalog::SecretBox> previous_;  ///< of what was read before the key was replaced
    std::string id_;                              ///< of box_
};

}  // namespace fairlead::service
