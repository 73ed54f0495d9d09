#include "sftp/ssh_login.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "base/blocking.hpp"
#include "net/watchdog.hpp"
#include "sftp/login.hpp"

namespace fairlead::sftp {
namespace {

using Key = std::unique_ptr<ssh_key_struct, decltype(&ssh_key_free)>;

Error login_error(ErrorCode code, std::string message) {
    return Error(code, std::move(message)).at("login");
}

/// A private key from its text. Deriving a key from a passphrase takes long on purpose, hence the thread.
awaitable<Key> import_key(const SftpOptions& options) {
    const std::string_view text = options.private_key.reveal();
    const bool encrypted = is_encrypted_key(text);
    if (encrypted && options.passphrase.empty())
        throw login_error(ErrorCode::authentication_failed,
                          "The private key is protected by a passphrase, and none is given.")
            .hinting("Give it with --passphrase-env.");
    const Secret key_text = options.private_key;
    const Secret passphrase = options.passphrase;
    ssh_key imported = nullptr;
    const int result = co_await run_blocking([&] {
        const std::string_view words = passphrase.reveal();
        return ssh_pki_import_privkey_base64(key_text.reveal().data(), words.empty() ? nullptr : words.data(),
                                             nullptr, nullptr, &imported);
    });
    Key key(imported, ssh_key_free);
    if (result == SSH_OK) co_return key;
    if (encrypted)
        throw login_error(ErrorCode::authentication_failed,
                          "The passphrase does not open the private key (or the key is damaged).");
    throw login_error(ErrorCode::invalid_argument, "The private key cannot be read.")
        .hinting(
            "It must be an OpenSSH or PEM private key (RSA, ECDSA or Ed25519), whole, with its BEGIN and END "
            "lines; "
            "PuTTY's .ppk must be converted first (puttygen -O private-openssh).");
}

/// A connection to the agent that can be cut when the agent waits for somebody's confirmation for too long.
class AgentSocket {
  public:
    AgentSocket() {
        const char* path = std::getenv("SSH_AUTH_SOCK");
        sockaddr_un address{};
        if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof address.sun_path) return;
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path);
        const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (made < 0) return;
        if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            descriptor_ = made;
        else
            ::close(made);
    }
    ~AgentSocket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    AgentSocket(const AgentSocket&) = delete;
    AgentSocket& operator=(const AgentSocket&) = delete;

    bool is_there() const noexcept { return descriptor_ >= 0; }
    /// A second descriptor for libssh, which closes it.
    int lend() const noexcept { return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }
    void cut() const noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

  private:
    int descriptor_ = -1;
};

class LoginTalk {
  public:
    LoginTalk(SshSession& session, const Endpoint& endpoint, Observer* observer)
        : session_(session),
          endpoint_(endpoint),
          observer_(observer),
          deadline_(Clock::now() + endpoint.timeouts.connect),
          login_({.key = !endpoint.sftp.private_key.empty(),
                  .password = !endpoint.password.empty(),
                  .agent = endpoint.sftp.use_agent && agent_.is_there()}) {}

    awaitable<std::string> run() {
        Key key(nullptr, ssh_key_free);
        if (!endpoint_.sftp.private_key.empty()) key = co_await import_key(endpoint_.sftp);

        auto result = co_await attempt([this] { return ssh_userauth_none(session_.get(), nullptr); });
        if (result == SSH_AUTH_SUCCESS) co_return "no credential asked for";
        login_.allowed(allowed());
        std::string used;
        while (const auto method = login_.next()) {
            tell(true, fmt::format("USERAUTH {} ({})", endpoint_.username, to_text(*method)));
            result = co_await try_method(*method, key.get());
            if (result == SSH_AUTH_ERROR) throw broken(*method);
            tell(false, result == SSH_AUTH_SUCCESS   ? "USERAUTH accepted"
                        : result == SSH_AUTH_PARTIAL ? "USERAUTH accepted, more wanted"
                                                     : "USERAUTH refused");
            if (result == SSH_AUTH_DENIED) {
                login_.denied(*method);
            } else {
                used.append(used.empty() ? "" : ", ").append(to_text(*method));
                if (result == SSH_AUTH_SUCCESS) co_return used;
                login_.partly(*method);
            }
            login_.allowed(allowed());
        }
        throw login_.failure(endpoint_.username, session_.target()).ends_session();
    }

  private:
    awaitable<int> attempt(std::function<int()> call) {
        return session_.drive("login", deadline_, std::move(call), SSH_AUTH_AGAIN);
    }

    awaitable<int> try_method(LoginMethod method, ssh_key key) {
        switch (method) {
            case LoginMethod::public_key:
                return attempt([this, key] { return ssh_userauth_publickey(session_.get(), nullptr, key); });
            case LoginMethod::password:
                return attempt([this] {
                    return ssh_userauth_password(session_.get(), nullptr, endpoint_.password.reveal().data());
                });
            case LoginMethod::keyboard_interactive:
                return keyboard_interactive();
            case LoginMethod::agent:
                return agent();
        }
        throw login_error(ErrorCode::internal, "An unknown log-in method was chosen.");
    }

    awaitable<int> keyboard_interactive() {
        bool answered = false;
        while (true) {
            const int result =
                co_await attempt([this] { return ssh_userauth_kbdint(session_.get(), nullptr, nullptr); });
            if (result != SSH_AUTH_INFO) co_return result;
            const auto prompts = take_prompts();
            if (prompts.empty())
                continue;  // only a message; the next call sends the empty answer (RFC 4256, 3.4)
            const char* instruction = ssh_userauth_kbdint_getinstruction(session_.get());
            const auto kind = judge_prompts(instruction != nullptr ? instruction : "", prompts);
            if (kind == PromptKind::new_password)
                throw login_error(ErrorCode::authentication_failed,
                                  fmt::format("The password of '{}' has expired: {} asks for a new one.",
                                              endpoint_.username, session_.target()))
                    .replied(prompts.front().first)
                    .hinting("Change it with another client, then update the connection.")
                    .ends_session();
            if (kind == PromptKind::other || answered)
                throw login_error(ErrorCode::authentication_failed,
                                  fmt::format("{} asks '{}' something that the connection has no answer to.",
                                              session_.target(), endpoint_.username))
                    .replied(prompts.front().first)
                    .hinting(
                        "One-time codes and questions cannot be answered unattended; ask for a key or "
                        "password "
                        "log-in.")
                    .ends_session();
            ssh_userauth_kbdint_setanswer(session_.get(), 0, endpoint_.password.reveal().data());
            answered = true;
        }
    }

    std::vector<std::pair<std::string, bool>> take_prompts() {
        std::vector<std::pair<std::string, bool>> prompts;
        const int count = ssh_userauth_kbdint_getnprompts(session_.get());
        for (int i = 0; i < count; ++i) {
            char echo = 0;
            const char* text = ssh_userauth_kbdint_getprompt(session_.get(), static_cast<unsigned>(i), &echo);
            prompts.emplace_back(text != nullptr ? text : "", echo != 0);
        }
        return prompts;
    }

    /// The agent is asked with blocking calls.
    awaitable<int> agent() {
        if (!agent_lent_) ssh_set_agent_socket(session_.get(), agent_.lend());
        agent_lent_ = true;
        net::Watchdog watchdog(co_await boost::asio::this_coro::executor, [this] { agent_.cut(); });
        watchdog.arm(deadline_);
        while (true) {
            const int result =
                co_await run_blocking([this] { return ssh_userauth_agent(session_.get(), nullptr); });
            if (result != SSH_AUTH_AGAIN) co_return result;
            // Waits without calling: the next call of libssh must be made over there.
            bool called = false;
            co_await session_.drive("login", deadline_,
                                    [&] { return std::exchange(called, true) ? SSH_OK : SSH_AGAIN; });
        }
    }

    AllowedMethods allowed() const {
        const auto bits = static_cast<unsigned>(ssh_userauth_list(session_.get(), nullptr));
        AllowedMethods methods{(bits & SSH_AUTH_METHOD_PUBLICKEY) != 0,
                               (bits & SSH_AUTH_METHOD_PASSWORD) != 0,
                               (bits & SSH_AUTH_METHOD_INTERACTIVE) != 0,
                               {}};
        if ((bits & SSH_AUTH_METHOD_HOSTBASED) != 0) methods.others = "hostbased";
        if ((bits & SSH_AUTH_METHOD_GSSAPI_MIC) != 0)
            methods.others.append(methods.others.empty() ? "" : ", ").append("gssapi-with-mic");
        return methods;
    }

    Error broken(LoginMethod method) const {
        return session_.lost("login", fmt::format("Logging in with {} was cut off by", to_text(method)))
            .hinting("Some servers close after too many refused attempts, or when the account is locked.");
    }

    void tell(bool sent, std::string_view line) const {
        if (observer_ == nullptr) return;
        if (sent)
            observer_->sent(line);
        else
            observer_->received(line);
    }

    SshSession& session_;
    const Endpoint& endpoint_;
    Observer* observer_;
    Deadline deadline_;
    AgentSocket agent_;
    Login login_;
    bool agent_lent_ = false;
};

}  // namespace

awaitable<std::string> log_in(SshSession& session, const Endpoint& endpoint, Observer* observer) {
    LoginTalk talk(session, endpoint, observer);
    co_return co_await talk.run();
}

}  // namespace fairlead::sftp
