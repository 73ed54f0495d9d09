#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/limits.hpp"
#include "http/router.hpp"

namespace fairlead::http {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8480;  ///< 0: any free one
    int descriptor = -1;  ///< a socket that listens already (socket activation), in place of the address
    std::string certificate_file;  ///< PEM, with the chain; empty: no TLS
    std::string key_file;
    Limits limits;
};

/// Tells who asks; nothing: nobody we know. May throw a Refusal. Called on the server's thread.
using Authenticate = std::function<awaitable<std::optional<Principal>>(const Request& request)>;
/// Hears of each answered request, with how many bytes of content were sent. `route`: the pattern that its path
/// matched, such as "/v1/projects/{project}"; empty for none.
using Log = std::function<void(const Request& request, std::string_view route, unsigned status,
                               std::chrono::microseconds time, std::uint64_t sent)>;
/// Hears that the certificate was read again, or why that failed.
using CertificateEvent = std::function<void(const std::string& message, bool failed)>;

/// HTTP/1.1, with keep-alive and pipelining, on one thread of its own. Handlers are coroutines on that
/// thread; what takes long they do elsewhere.
class Server {
  public:
    /// Listens from now on. Throws permission_denied or conflict where that is not possible, invalid_argument
    /// for a certificate that cannot be used.
    Server(ServerOptions options, Router router, Authenticate authenticate, Log log,
           CertificateEvent certificate_event = {});
    /// Stops: no new connections; what is under way may end within Limits::drain, and is then cancelled.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const noexcept;
    /// Begins to stop; may be called from any thread. The destructor waits for the end.
    void stop();
    /// Reads the certificate's files again. They are also looked at every few seconds.
    void reload_certificate();
    /// How many connections are open. On any thread.
    std::size_t connections() const noexcept;
    /// Runs something on the server's loop, such as what is to be done every few seconds.
    boost::asio::any_io_executor executor();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::http
