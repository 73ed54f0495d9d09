#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace fairlead::test {

/// What ends a scripted conversation: the client went away, or did not do in time what the script waits for.
struct PeerGone {
    std::string why;
};

/// A TLS server's identity: a name in the folder that make-certificates makes ("server", "expired",
/// "wrong-name", "self-signed"). Sessions can be resumed, as FTPS data connections must.
class TlsIdentity {
  public:
    explicit TlsIdentity(const std::string& certificate = "server",
                         int version = 0);  ///< 0: any, else 10, 12 or 13
    ~TlsIdentity();
    ssl_ctx_st* context() const noexcept { return context_; }

  private:
    ssl_ctx_st* context_;
};

/// A test's end of a TCP connection: blocking calls with deadlines, and all the ways to behave badly.
class PeerSocket {
  public:
    PeerSocket() = default;
    explicit PeerSocket(int descriptor) : descriptor_(descriptor) {}
    ~PeerSocket();
    PeerSocket(PeerSocket&& other) noexcept;
    PeerSocket& operator=(PeerSocket&& other) noexcept;

    bool is_open() const noexcept { return descriptor_ >= 0; }
    int descriptor() const noexcept { return descriptor_; }
    bool secured() const noexcept { return tls_ != nullptr; }

    /// Sends all of it; throws PeerGone.
    void write(std::string_view bytes);
    /// At least one byte; "" at the client's end. Throws PeerGone on a reset or when nothing came for 30 s.
    std::string read_some(std::size_t most = 65536);
    /// Everything until the client's end.
    std::string read_all();
    /// One line without its CRLF; nullopt at the client's end.
    std::optional<std::string> read_line();
    /// Whether more has come already than was read.
    bool has_more() const;
    /// Reads and forgets until the client has closed: how a peer says nothing without ending the
    /// conversation.
    void wait_for_close() noexcept;

    /// TLS handshake as the server.
    void start_tls(const TlsIdentity& identity);
    /// Whether the TLS session was resumed from an earlier connection.
    bool resumed() const;
    /// Whether the client ended its side with close_notify.
    bool got_close_notify() const;

    void close();                 ///< close_notify when secured, then FIN
    void close_without_notify();  ///< FIN only
    void reset();                 ///< RST
    void shutdown_sending();      ///< FIN, still reading

  private:
    void wait(short events);
    int descriptor_ = -1;
    ssl_st* tls_ = nullptr;
    std::string buffered_;  // read, not yet given out by read_line
};

/// Listens on a free port of 127.0.0.1.
class PeerListener {
  public:
    explicit PeerListener(std::uint16_t port = 0);
    ~PeerListener();
    PeerListener(const PeerListener&) = delete;
    PeerListener& operator=(const PeerListener&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    /// The next connection; throws PeerGone when none came within `limit` or after stop().
    PeerSocket accept(std::chrono::milliseconds limit = std::chrono::seconds(10));
    /// Ends an accept that another thread waits in, and all later ones.
    void stop() noexcept;

  private:
    int descriptor_;
    int wake_;
    std::uint16_t port_;
};

/// Connects to 127.0.0.1 (for active mode). Throws PeerGone.
PeerSocket connect_to_client(std::uint16_t port);
/// Connects to an IPv4 address. Throws PeerGone.
PeerSocket connect_to(const std::string& host, std::uint16_t port);

/// A port on which nobody listens.
std::uint16_t refused_port();

}  // namespace fairlead::test
