#pragma once

#include <string>

#include "fairlead/secret.hpp"
#include "ftp/reply.hpp"

namespace fairlead::ftp {

/// Logs in, step by step and without I/O: say what the server answered, get what to send next.
///
/// Every order that RFC 959 (5.4) allows is handled: 230 or 232 right after USER, 331 and PASS, 332 and ACCT
/// after USER or after PASS, 202 for a PASS or ACCT that is not needed. The password is sent at most once,
/// and a log-in that was refused is never worth a retry: accounts get locked.
class LoginMachine {
  public:
    struct Credentials {
        std::string username;  ///< empty: "anonymous"
        Secret password;       ///< empty with anonymous: "anonymous@"
        Secret account;        ///< for ACCT; empty: none
        bool secured =
            false;  ///< the control connection is under TLS, for the hint when the server insists on it
    };

    struct Action {
        bool done = false;  ///< logged in; nothing to send
        std::string verb;   ///< else the command to send: USER, PASS or ACCT
        Secret argument;
    };

    explicit LoginMachine(Credentials credentials);

    /// The first command.
    Action start();
    /// What follows the last command's reply. Throws Error with step "login": authentication_failed,
    /// server_busy, connection_lost (421), tls_failed (server wants TLS), or protocol_error.
    Action resume(const Reply& reply);

    const std::string& username() const noexcept { return credentials_.username; }

  private:
    enum class Waiting { nothing, user, password, account, done };
    Action send_password(const Reply& reply);
    Action send_account(const Reply& reply);
    Action finish();
    [[noreturn]] void refuse(const Reply& reply) const;

    Credentials credentials_;
    Waiting waiting_ = Waiting::nothing;
    bool password_sent_ = false;
    bool account_sent_ = false;
};

}  // namespace fairlead::ftp
