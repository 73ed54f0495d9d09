#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/secret.hpp"

namespace fairlead::store::postgres {

/// Where a PostgreSQL database is: a URL as libpq takes it (several hosts, target_session_attrs, sslmode,
/// sslrootcert and so on). A password may also come from $PGPASSWORD, $PGPASSFILE, ~/.pgpass or a service
/// file.
class Address {
  public:
    /// Whether the text is such a URL, and not the path of a file.
    static bool is_url(std::string_view text);

    /// Throws Error{invalid_argument} for a URL that libpq does not understand, without repeating it.
    explicit Address(std::string_view url);

    /// For people: user, hosts, ports and database, never a password.
    const std::string& shown() const noexcept { return shown_; }

    /// Keyword and value of each parameter to connect with, the password among them: what the URL says, and
    /// where neither it nor the environment says anything:
    /// - TLS with the server's name verified, unless every host is on this machine,
    /// - only a server that takes changes (after a fail-over: the new primary),
    /// - `connect_timeout`, TCP keep-alives and `tcp_user_timeout`, so that a server that vanished is
    /// noticed. They are wiped by nobody: let them go soon.
    std::vector<std::pair<std::string, std::string>> parameters() const;

  private:
    Secret url_;
    std::string shown_;
};

}  // namespace fairlead::store::postgres
