#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/peer_socket.hpp"

namespace fairlead::test {

/// A server that accepts, sends `greeting` (raw bytes), takes `bytes` bytes and then neither says nor does
/// anything (or closes, or resets) until the client goes away.
class SilentPeer {
  public:
    enum class Then { wait, close, reset };
    explicit SilentPeer(std::string greeting = {}, std::size_t bytes = 0, Then then = Then::wait);
    ~SilentPeer();

    std::uint16_t port() const noexcept { return listener_.port(); }
    std::size_t connections() const noexcept { return connections_; }

  private:
    PeerListener listener_;
    std::atomic<std::size_t> connections_{0};
    std::thread thread_;
};

}  // namespace fairlead::test
