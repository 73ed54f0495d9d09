#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::sftp {

/// How SSH lets a user prove who he is (RFC 4252, RFC 4256).
enum class LoginMethod { public_key, password, keyboard_interactive, agent };

/// Which credentials there are.
struct Credentials {
    bool key = false;
    bool password = false;
    bool agent = false;
};

/// The methods that a server still accepts; `agent` and `public_key` are one to it.
struct AllowedMethods {
    bool public_key = false;
    bool password = false;
    bool keyboard_interactive = false;
    std::string others;  ///< names of those that are not known here

    std::string to_text() const;  ///< "publickey, password"
};

/// What to try next to log in. Pure. Every credential is offered at most once: a second wrong password locks
/// accounts. What the connection was given comes before what the agent happens to hold, so that many keys in
/// the agent do not use up the attempts that the server grants.
class Login {
  public:
    explicit Login(Credentials have) : have_(have) {}

    /// The server's list: asked for at first, and told again with every refusal.
    void allowed(AllowedMethods methods) { allowed_ = std::move(methods); }
    /// The next method, which counts as tried from now on; nullopt: nothing is left.
    std::optional<LoginMethod> next();
    void denied(LoginMethod method);
    /// Right, but not enough: the server wants one more of those it allows now.
    void partly(LoginMethod method);

    /// Why it did not work: what was tried, with what result, and what the server allows.
    Error failure(std::string_view user, std::string_view target) const;

  private:
    Credentials have_;
    AllowedMethods allowed_;
    std::set<LoginMethod> tried_;
    std::vector<std::string> story_;  // "public key: refused"
    bool partly_ = false;
};

/// What a prompt of keyboard-interactive is about.
enum class PromptKind {
    password,      ///< a hidden one that the password answers
    new_password,  ///< the password has expired: a new one is wanted
    other,         ///< a code, or a question: nothing of ours answers it
};

/// Judges the prompts of one round. One hidden prompt is taken for the password, unless it asks for a new
/// one.
PromptKind judge_prompts(std::string_view instruction,
                         const std::vector<std::pair<std::string, bool>>& prompts);

/// Whether a private key's text says that it is encrypted, in PEM or in OpenSSH's own format.
bool is_encrypted_key(std::string_view text);

std::string_view to_text(LoginMethod method) noexcept;

}  // namespace fairlead::sftp
