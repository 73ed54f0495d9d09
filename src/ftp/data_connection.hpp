#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ftp/session.hpp"
#include "net/stream.hpp"

namespace fairlead::ftp {

/// One data connection, from the agreement on where it goes to the stream that is ready for bytes.
///
///     DataConnection data(session);
///     co_await data.agree();                    // EPSV/PASV and connect, or listen and EPRT/PORT
///     ... send RETR, STOR, LIST ...
///     data.begin();                             // TLS shakes hands while the reply is awaited
///     ... read the preliminary reply ...
///     auto stream = co_await data.establish();  // accepted (active), handshake done
class DataConnection {
  public:
    explicit DataConnection(std::shared_ptr<Session> session) : session_(std::move(session)) {}
    DataConnection(const DataConnection&) = delete;
    DataConnection& operator=(const DataConnection&) = delete;
    ~DataConnection() { close(); }

    /// Throws data_connection_failed, timeout, or what a refusing reply stands for.
    awaitable<void> agree();
    void begin();
    /// Throws data_connection_failed, tls_failed, certificate_untrusted, timeout. The stream's step is
    /// "data".
    awaitable<std::unique_ptr<net::Stream>> establish();
    /// Bytes of the peer are waiting, or its end: the transfer runs, whatever the control channel says.
    bool has_something_to_read() const;
    void close() noexcept;

  private:
    struct Establishing;

    awaitable<void> agree_passive();
    awaitable<bool> try_passive(bool extended, Error& why);
    awaitable<void> agree_active();
    static awaitable<void> accept_and_secure(std::shared_ptr<Establishing> work);

    std::shared_ptr<Session> session_;
    std::shared_ptr<Establishing> work_;
};

}  // namespace fairlead::ftp
