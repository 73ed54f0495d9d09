#pragma once

#include <memory>
#include <string>

#include "net/stream.hpp"
#include "net/timed_socket.hpp"
#include "net/tls_context.hpp"

namespace fairlead::net {

/// A Stream under TLS, OpenSSL working on the descriptor itself.
class TlsStream final : public Stream {
  public:
    /// Takes over a connected socket on which nothing in clear may be waiting. Nothing is sent before
    /// `handshake`. `context` must outlive the stream.
    TlsStream(std::unique_ptr<TimedSocket> socket, TlsContext& context, TlsContext::Role role);
    /// The server's side: `ssl` is ready to accept, with its own certificate. Whoever comes is not judged.
    TlsStream(std::unique_ptr<TimedSocket> socket, SslPtr ssl);
    ~TlsStream() override;

    /// Shakes hands and judges the certificate. Throws certificate_untrusted (step "identity"), tls_failed,
    /// connection_lost, timeout (step "secure"), cancelled. May be awaited once.
    awaitable<void> handshake();

    /// "TLSv1.3 TLS_AES_256_GCM_SHA384".
    std::string security() const;
    /// The server's certificate in one line.
    std::string identity() const;
    /// Whether the control connection's TLS session was resumed.
    bool resumed() const;

    void expect_within(std::chrono::milliseconds timeout, std::string_view step) override;
    awaitable<std::size_t> read_some(std::span<std::byte> into) override;
    awaitable<std::optional<std::size_t>> read_within(std::span<std::byte> into,
                                                      std::chrono::milliseconds patience) override;
    bool has_arrived() noexcept override { return socket_->has_arrived(); }
    bool has_hung_up() noexcept override { return socket_->has_hung_up(); }
    awaitable<void> write(std::span<const std::byte> bytes) override;
    awaitable<void> end_sending() override;
    awaitable<void> wait_until_taken() override;
    bool ended_cleanly() const override { return ended_cleanly_; }
    void close() noexcept override { socket_->close(); }

  private:
    void begin();
    enum class Step { done, wait_read, wait_write, ended, failed };
    Step judge(int result);
    /// Decrypts what is there, as much as fits. `next` says what to wait for when that is nothing.
    std::size_t decrypt(std::span<std::byte> into, Step& next);
    Error failure() const;
    Error handshake_failure() const;
    awaitable<void> wait_for(Step step);

    std::unique_ptr<TimedSocket> socket_;
    TlsContext* context_;  // none: the server's side
    TlsContext::Role role_;
    Verdict verdict_;
    SslPtr ssl_;
    bool ended_ = false;
    bool ended_cleanly_ = false;
    int error_number_ = 0;      // of the system call, when that failed
    std::string openssl_said_;  // when OpenSSL itself refused to go on
    bool spoke_clear_text_ = false;
};

}  // namespace fairlead::net
