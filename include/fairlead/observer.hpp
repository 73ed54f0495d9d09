#pragma once

#include <string>
#include <string_view>

namespace fairlead {

/// Listens to a session: the steps of opening it, and its conversation. Called on the session's thread; must
/// not block or throw. Secrets are masked before they get here. Each line is given without its line end.
class Observer {
  public:
    virtual ~Observer() = default;

    /// A step of opening begins: "resolve", "connect", "secure", "identity", "login" or "directory". A step
    /// that fails ends with the exception of the call that opens the session; Error::step is its name.
    virtual void step_began(std::string_view /*step*/) {}
    /// The step succeeded; `detail` says what was found, such as an address, a cipher or a fingerprint.
    virtual void step_done(std::string_view /*step*/, std::string_view /*detail*/) {}

    virtual void sent(std::string_view /*line*/) {}
    virtual void received(std::string_view /*line*/) {}
    virtual void note(std::string_view /*text*/) {}
};

/// What is known about the other side once a session is open; for people to read.
struct PeerInfo {
    std::string identity;  ///< certificate (subject, issuer, expiry, "SHA256:..." pin) or host key ("ssh-ed25519 SHA256:...")
    std::string server;    ///< greeting, SYST or SSH version text
    std::string address;   ///< the address that answered, with port
    std::string security;  ///< TLS version and cipher, or SSH key exchange and cipher; empty: clear text
    std::string host_key_fingerprint;  ///< SFTP: "SHA256:..." of the key that was accepted
    bool host_key_is_new = false;      ///< SFTP: accepted on first use; whoever stores the connection records it
};

}  // namespace fairlead
