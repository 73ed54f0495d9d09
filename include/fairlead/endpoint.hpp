#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/secret.hpp"

namespace fairlead {

enum class Protocol { ftp, ftps, sftp };
std::string_view to_string(Protocol protocol) noexcept;

/// How long each kind of wait may last, each more than 0. Every wait has one of these.
struct Timeouts {
    std::chrono::milliseconds connect{30'000};  ///< name look-up, TCP, and each handshake, one by one
    std::chrono::milliseconds command{30'000};  ///< from a request to its reply
    std::chrono::milliseconds idle{60'000};     ///< a data connection on which nothing moves
};

struct TlsOptions {
    enum class Mode { explicit_, implicit };  ///< RFC 4217 AUTH TLS; TLS from the first byte (port 990)
    enum class Version { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

    Mode mode = Mode::explicit_;
    Version lowest = Version::tls_1_2;
    Version highest = Version::tls_1_3;
    std::string ca;           ///< PEM certificates to trust in place of the system's
    std::string pin;          ///< "SHA256:" + base64 of the SHA-256 of the certificate's public key (RFC 7469);
                              ///< it takes the place of the checks of issuer, name and validity
    std::string certificate;  ///< client certificate, PEM, chain allowed
    Secret key;               ///< its private key, PEM
    bool verify = true;       ///< check issuer, validity and host name
    bool protect_data = true;  ///< PROT P (RFC 4217); false sends PROT C: the data connection stays in clear
    bool require_close_notify = false;  ///< a download that ends without close_notify is an error even if its size is right
};

struct FtpOptions {
    bool active = false;  ///< EPRT/PORT in place of EPSV/PASV (RFC 2428, RFC 959)
    std::string active_address;                                    ///< address to announce; else the control connection's own
    std::optional<std::pair<std::uint16_t, std::uint16_t>> active_ports;  ///< listen only on these
    bool trust_pasv_address = false;  ///< follow a PASV reply that names another host than the control peer
    std::string account;              ///< answer to 332 (ACCT, RFC 959)
    std::string charset = "UTF-8";    ///< of file names on the server, as iconv knows it
    std::string time_zone = "UTC";    ///< of times in LIST, an IANA name
    bool use_mlsd = true;             ///< ask for MLSD/MLST (RFC 3659) where the server offers it
    bool list_hidden = true;          ///< ask LIST for dot files (-a) where the server understands it
    std::vector<std::string> login_commands;  ///< raw commands sent right after log-in, such as "SITE ..."
};

struct SftpOptions {
    Secret private_key;                  ///< OpenSSH or PEM text
    Secret passphrase;                   ///< of the private key
    bool use_agent = true;               ///< try the keys of the agent at SSH_AUTH_SOCK
    std::vector<std::string> host_keys;  ///< pinned fingerprints, "SHA256:..."; any one of them must match
    std::string known_hosts;             ///< a known_hosts file; empty: the user's and the system's
    bool accept_new_host_key = false;    ///< trust an unknown key on first use; a changed one never
    std::string ciphers;                 ///< comma-separated, best first; empty: ours
    std::string key_exchanges;
    std::string macs;
    std::string host_key_algorithms;
    bool legacy = false;  ///< also offer what is no longer safe (ssh-rsa, dh-group1, cbc), for old partners
};

/// A connection with nothing left to resolve: all that is needed to open a session. Those of saved connections were
/// validated; `open` takes any as it is.
struct Endpoint {
    std::string name;  ///< the connection's name, or the URL, for messages
    Protocol protocol = Protocol::ftp;
    std::string host;  ///< a name or an address, IPv6 without brackets
    std::uint16_t port = 21;
    std::string username;  ///< empty: anonymous (FTP)
    Secret password;
    std::string working_directory = "/";  ///< the jail; not starting with "/": below the log-in directory
    Timeouts timeouts;
    unsigned retry_count = 3;   ///< after a first attempt, for whoever retries: copies and handles do, `open` does not
    unsigned max_sessions = 4;  ///< at once, at least 1, for whoever opens several: copies and handles
    std::string proxy;  ///< "http://[user:password@]host:port", "socks5://...", or empty
    TlsOptions tls;
    FtpOptions ftp;
    SftpOptions sftp;
    /// Texts that may not be seen although they stand in fields above that are shown, such as a host that is a secret:
    /// "***" takes their place in all that a session says (errors, Observer, PeerInfo, raw replies). Texts of up to
    /// three characters only where no letter or digit stands beside them.
    std::vector<Secret> hidden;
};

}  // namespace fairlead
