#include "sftp/ssh_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "net/tcp.hpp"
#include "sftp/algorithms.hpp"
#include "sftp/host_key.hpp"
#include "sftp/ssh_channel.hpp"
#include "sftp/ssh_login.hpp"
#include "sftp/ssh_session.hpp"

namespace fairlead::sftp {
namespace {

void began(Observer* observer, std::string_view step) {
    if (observer != nullptr) observer->step_began(step);
}

void done(Observer* observer, std::string_view step, std::string_view detail) {
    if (observer != nullptr) observer->step_done(step, detail);
}

void set_options(SshSession& session, const Endpoint& endpoint, const Algorithms& algorithms,
                 const std::string& host_keys) {
    const auto text = [&](ssh_options_e option, const std::string& value, std::string_view what) {
        if (!value.empty()) session.set(option, value.c_str(), what);
    };
    const unsigned port = endpoint.port;
    session.set(SSH_OPTIONS_PORT, &port, "port");
    text(SSH_OPTIONS_HOST, endpoint.host, "host");
    text(SSH_OPTIONS_USER, endpoint.username, "user name");
    text(SSH_OPTIONS_CIPHERS_C_S, algorithms.ciphers, "list of ciphers");
    text(SSH_OPTIONS_CIPHERS_S_C, algorithms.ciphers, "list of ciphers");
    text(SSH_OPTIONS_KEY_EXCHANGE, algorithms.key_exchanges, "list of key exchanges");
    text(SSH_OPTIONS_HMAC_C_S, algorithms.macs, "list of MACs");
    text(SSH_OPTIONS_HMAC_S_C, algorithms.macs, "list of MACs");
    text(SSH_OPTIONS_HOSTKEYS, host_keys, "list of host key algorithms");
    text(SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, algorithms.user_keys, "list of key algorithms");
    // We look into known_hosts ourselves, to be able to say what stands there.
    session.set(SSH_OPTIONS_KNOWNHOSTS, "/dev/null", "known_hosts file");
    session.set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null", "known_hosts file");
    if (endpoint.sftp.legacy) {
        const int smallest = 1024;
        session.set(SSH_OPTIONS_RSA_MIN_SIZE, &smallest, "smallest RSA key");
    }
}

constexpr std::string_view kMismatch = "no match for method";

/// libssh keeps only its last error, and a server that hangs up takes the place of the reason. So the reason
/// is caught as it is logged. The log is the thread's, so this lives only while libssh is at work.
class MismatchWatch {
  public:
    explicit MismatchWatch(std::string& found)
        : level_(ssh_get_log_level()), callback_(ssh_get_log_callback()), data_(ssh_get_log_userdata()) {
        ssh_set_log_level(SSH_LOG_TRACE);
        ssh_set_log_callback(&MismatchWatch::hear);
        ssh_set_log_userdata(&found);
    }
    ~MismatchWatch() {
        ssh_set_log_level(level_);
        ssh_set_log_callback(callback_);
        ssh_set_log_userdata(data_);
    }
    MismatchWatch(const MismatchWatch&) = delete;
    MismatchWatch& operator=(const MismatchWatch&) = delete;

  private:
    static void hear(int, const char*, const char* text, void* found) {
        const auto at = std::string_view(text).find(kMismatch);
        if (at != std::string_view::npos) *static_cast<std::string*>(found) = text + at;
    }

    int level_;
    ssh_logging_callback callback_;
    void* data_;
};

Error handshake_error(const SshSession& session, const std::string& mismatch) {
    if (!mismatch.empty())
        return Error(ErrorCode::unsupported, fmt::format("{} and Fairlead have no algorithm in common: {}.",
                                                         session.target(), mismatch))
            .at("secure")
            .hinting(
                "An old server may need the connection's legacy profile; or set the lists of algorithms.")
            .ends_session();
    return session.lost("secure", "The key exchange failed with")
        .hinting(
            "Is it an SSH server, on that port? It may also have too many connections, or not let this "
            "address "
            "in.");
}

std::string cipher_text(ssh_session session) {
    const auto name = [](const char* text) { return std::string(text != nullptr ? text : "?"); };
    const auto cipher = name(ssh_get_cipher_in(session));
    const auto mac = name(ssh_get_hmac_in(session));
    auto text = fmt::format("{}, {}", name(ssh_get_kex_algo(session)), cipher);
    // AEAD ciphers need no MAC of their own.
    if (mac != "?" && !mac.starts_with("aead")) text += ", " + mac;
    return text;
}

HostKey shown_key(const SshSession& session) {
    ssh_key key = nullptr;
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    HostKey shown;
    if (ssh_get_server_publickey(session.get(), &key) == SSH_OK &&
        ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0) {
        char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
        shown = {ssh_key_type_to_char(ssh_key_type(key)), text != nullptr ? text : ""};
        ssh_string_free_char(text);
        ssh_clean_pubkey_hash(&hash);
    }
    ssh_key_free(key);
    if (shown.fingerprint.empty())
        throw Error(ErrorCode::protocol_error, fmt::format("{} showed no host key.", session.target()))
            .at("identity")
            .ends_session();
    return shown;
}

/// Everything up to the host key: a session that has proven to be whoever it is.
class Introduction {
  public:
    Introduction(const Endpoint& endpoint, Observer* observer, PeerInfo& peer)
        : endpoint_(endpoint),
          observer_(observer),
          peer_(peer),
          algorithms_(choose_algorithms(endpoint.sftp)),
          known_(endpoint.sftp.host_keys.empty() || !endpoint.sftp.known_hosts.empty()
                     ? read_known_hosts(known_hosts_files(endpoint.sftp), endpoint.host, endpoint.port)
                     : std::vector<KnownHostKey>{}) {}

    awaitable<std::unique_ptr<SshSession>> run() {
        std::vector<std::string> types;
        for (const auto& one : known_)
            if (!one.revoked) types.push_back(one.key.type);
        auto session = co_await shake_hands(known_types_first(algorithms_.host_keys, types));
        auto shown = shown_key(*session);
        began(observer_, "identity");
        if (!endpoint_.sftp.host_keys.empty() && endpoint_.sftp.host_key_algorithms.empty() &&
            !is_right(shown))
            co_await try_other_types(session, shown);
        peer_.host_key_is_new = check_host_key(shown, known_, endpoint_.sftp, session->target());
        peer_.host_key_fingerprint = shown.fingerprint;
        peer_.identity = fmt::format("{} {}", shown.type, shown.fingerprint);
        done(observer_, "identity", peer_.host_key_is_new ? peer_.identity + " (new)" : peer_.identity);
        co_return session;
    }

  private:
    bool is_right(const HostKey& shown) const {
        try {
            check_host_key(shown, known_, endpoint_.sftp, "");
            return true;
        } catch (const Error&) {
            return false;
        }
    }

    /// A pin does not say which type of key it is of, and a server with several shows only one at a time:
    /// each other type gets its chance, before any credential was sent.
    awaitable<void> try_other_types(std::unique_ptr<SshSession>& session, HostKey& shown) {
        for (const auto& family : by_key_type(algorithms_.host_keys)) {
            if (key_type_of(family.substr(0, family.find(','))) == shown.type) continue;
            std::unique_ptr<SshSession> other;
            try {
                other = co_await shake_hands(family, false);
            } catch (const Error& error) {
                if (error.code != ErrorCode::unsupported) throw;
                continue;  // it has no key of this type
            }
            const auto key = shown_key(*other);
            if (!is_right(key)) continue;
            session = std::move(other);
            shown = key;
            co_return;
        }
    }

    awaitable<std::unique_ptr<SshSession>> shake_hands(std::string host_keys, bool tell = true) {
        auto* observer = tell ? observer_ : nullptr;
        auto socket = co_await net::connect(endpoint_, observer, peer_);
        began(observer, "secure");
        auto session =
            std::make_unique<SshSession>(std::move(socket), net::to_text(endpoint_.host, endpoint_.port));
        set_options(*session, endpoint_, algorithms_, host_keys);
        auto& ssh = *session;
        std::string mismatch;
        const auto attempt = [&ssh, &mismatch] {
            const MismatchWatch watch(mismatch);
            return ssh_connect(ssh.get());
        };
        const int result = co_await ssh.drive("secure", Clock::now() + endpoint_.timeouts.connect, attempt);
        if (result != SSH_OK) throw handshake_error(ssh, mismatch);
        const char* banner = ssh_get_serverbanner(ssh.get());
        peer_.server = banner != nullptr ? banner : "";
        peer_.security = cipher_text(ssh.get());
        done(observer, "secure", peer_.security);
        co_return session;
    }

    const Endpoint& endpoint_;
    Observer* observer_;
    PeerInfo& peer_;
    Algorithms algorithms_;
    std::vector<KnownHostKey> known_;
};

class SshCarrier final : public Carrier {
  public:
    explicit SshCarrier(std::shared_ptr<SshSession> session) : session_(std::move(session)) {}

    awaitable<std::unique_ptr<Transport>> open(Deadline deadline) override {
        auto channel = std::make_unique<SshChannel>(session_);
        co_await channel->open(deadline);
        co_return channel;
    }
    bool connected() const noexcept override { return session_->connected(); }
    void close() noexcept override { session_->close(); }

  private:
    std::shared_ptr<SshSession> session_;
};

}  // namespace

awaitable<SshConnection> open_ssh_connection(const Endpoint& endpoint, Observer* observer, PeerInfo& peer) {
    Introduction introduction(endpoint, observer, peer);
    auto session = co_await introduction.run();
    began(observer, "login");
    const auto method = co_await log_in(*session, endpoint, observer);
    SshConnection connection;
    connection.carrier = std::make_unique<SshCarrier>(std::move(session));
    connection.first = co_await connection.carrier->open(Clock::now() + endpoint.timeouts.connect);
    done(observer, "login", method);
    co_return connection;
}

}  // namespace fairlead::sftp
