#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "support/server.hpp"

namespace fairlead::test {

/// What happens to one of the connections through a CutProxy, and where in its bytes.
struct Cut {
    enum class Channel { control, data };
    enum class Way { to_server, to_client };
    enum class Kind {
        reset,   ///< RST to both ends
        finish,  ///< FIN to the receiver; the other way goes on, what the sender still sends is swallowed
        close,   ///< FIN to both ends; what they still send is swallowed
        stall,   ///< nothing more is passed this way, nor read from its sender; the other way goes on
        slow,    ///< from here on at `bytes_per_second`
    };

    Channel channel = Channel::data;
    unsigned nth = 0;  ///< of its channel, counted from 0 since the cut was set
    Way way = Way::to_client;
    std::uint64_t offset = 0;  ///< after exactly so many bytes were passed this way
    Kind kind = Kind::reset;
    bool and_later_ones = false;  ///< also every later connection of that channel
    unsigned bytes_per_second = 1000;
};

/// What a connection through the proxy has carried.
struct Carried {
    Cut::Channel channel;
    std::uint64_t to_server = 0;
    std::uint64_t to_client = 0;
};

/// A TCP proxy in front of a server, in a thread of the test program, that cuts chosen connections at chosen
/// bytes.
///
/// It listens on a loopback address of its own, with the same port numbers as the server: on the control
/// port, and on every data port that is known. So a client that takes only the port from a reply to EPSV or
/// PASV, and connects to the address it already talks to, arrives here, whatever the reply says about
/// addresses; nothing is rewritten, and nothing needs to be read, which makes it work under TLS. (Passive
/// mode only.)
class CutProxy {
  public:
    struct Target {
        std::string host = "127.0.0.1";
        std::uint16_t port = 0;
        std::uint16_t first_data_port = 0;  ///< the range of the server's passive ports; 0: not known
        std::uint16_t last_data_port = 0;
        bool read_replies =
            false;  ///< learn data ports from replies 227 and 229 instead; the control must be in clear
    };

    /// Starts to pass everything. Throws std::runtime_error when there is nothing to listen on.
    explicit CutProxy(Target target);
    /// In front of a server that said its passive ports.
    explicit CutProxy(const Server& server);
    /// Resets what is open.
    ~CutProxy();
    CutProxy(const CutProxy&) = delete;
    CutProxy& operator=(const CutProxy&) = delete;

    const std::string& host() const noexcept;
    std::uint16_t port() const noexcept;
    /// The same log-in through the proxy. Host names in certificates are not checked: they name the server's
    /// address.
    Endpoint in_front_of(Endpoint endpoint) const;

    /// From now on this one cut. Connections that are open are reset, counting starts again.
    void set(Cut cut);
    /// From now on pass everything; likewise.
    void pass_all();

    /// Whether the cut that was set last has happened. A transfer of fewer bytes never reaches it.
    bool happened() const;
    /// The connections since the last `set` or `pass_all`, in the order of their beginning.
    std::vector<Carried> carried() const;
    /// Waits until a number of connections since then have begun. False when they have not within `limit`.
    bool wait_for_connections(std::size_t count,
                              std::chrono::milliseconds limit = std::chrono::minutes(1)) const;

  private:
    class Works;
    std::unique_ptr<Works> works_;
};

}  // namespace fairlead::test
