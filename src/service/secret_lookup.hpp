#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "catalog/connection.hpp"
#include "catalog/secret_reference.hpp"

namespace fairlead::service {

/// What looking up secrets elsewhere may do.
struct SecretLookupOptions {
    /// Whether "command:..." may start a program. Whoever may define connections could otherwise start any as
    /// the user that Fairlead runs as.
    bool allow_commands = false;
    std::chrono::milliseconds deadline{10'000};  ///< for a command to answer and end
    /// What "file:..." never reads: the data directory, with the key that seals everything else.
    std::string data_directory;
};

/// How the process looks secrets up: set once at its start, from configuration.
SecretLookupOptions& secret_lookup_options() noexcept;

/// The secret that a reference names, less one line end, as a text for fields that may hold variables: "${" in it
/// is written "$${". Blocks, for a command up to the deadline.
/// Throws Error with the field and the reference, never with what was found: invalid_argument when the
/// variable is not set or empty, the file is not readable, not a plain file, or empty, or the command is not
/// found, fails, gives nothing or more than 64 KiB; egress_denied when commands are not allowed; timeout.
Secret look_up_secret(std::string_view reference, std::string_view field, const SecretLookupOptions& options);

/// Makes secrets of the references among the secrets in the clear of a connection that is not stored, or that
/// were given for one use, with the options of the process. Throws as look_up_secret.
void look_up_given_secrets(catalog::Connection& connection);

}  // namespace fairlead::service
