#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sftp/packet.hpp"
#include "sftp/transport.hpp"

namespace fairlead::test {

/// The server's end of an SFTP conversation without SSH: every packet of the client goes to `on_packet`,
/// whatever the script says goes back. It answers INIT by itself, and records what it was asked.
class ScriptedSftp : public std::enable_shared_from_this<ScriptedSftp> {
  public:
    struct Packet {
        sftp::PacketType type{};
        std::uint32_t id = 0;  ///< the version's number with INIT
        sftp::Bytes body;      ///< after the id
    };

    std::function<void(const Packet&)> on_packet;
    std::vector<std::pair<std::string, std::string>> extensions;
    bool answers_init = true;
    bool carrier_stands = false;              ///< after the stream has ended
    std::optional<std::size_t> window;        ///< bytes that it takes from now on; none: any number
    std::size_t window_step = 0;              ///< by which it grows each time when the client waits for it
    std::chrono::milliseconds round_trip{0};  ///< what is said reaches the client that much later

    /// The client's end; one per script.
    std::unique_ptr<sftp::Transport> connect();

    void status(std::uint32_t id, std::uint32_t code, std::string_view text = "");
    void handle(std::uint32_t id, std::string_view handle = "h");
    void data(std::uint32_t id, std::string_view bytes);
    void attributes(std::uint32_t id, const sftp::Attributes& attributes);
    void names(std::uint32_t id, const std::vector<sftp::NameEntry>& names);
    void raw(std::string_view bytes);
    /// Ends the stream after what was said so far.
    void end(std::string last_words = "");

    const std::vector<Packet>& received() const noexcept { return received_; }
    std::size_t count(sftp::PacketType type) const;

  private:
    class End;
    void take(std::span<const std::byte> bytes);
    void said();

    using Clock = std::chrono::steady_clock;

    std::size_t arrived();

    sftp::Bytes to_client_;
    std::size_t taken_ = 0;
    std::deque<std::pair<Clock::time_point, std::size_t>> arrivals_;  // when, and up to which byte
    std::size_t arrived_ = 0;
    sftp::Bytes from_client_;
    std::vector<Packet> received_;
    std::string last_words_;
    bool ended_ = false;
    End* end_ = nullptr;
};

/// A connection on which scripted conversations are opened, one after the other.
class ScriptedCarrier final : public sftp::Carrier {
  public:
    std::deque<std::shared_ptr<ScriptedSftp>> grants;  ///< once there are no more, the server is busy
    bool stands = true;
    unsigned asked = 0;

    awaitable<std::unique_ptr<sftp::Transport>> open(Deadline) override;
    bool connected() const noexcept override { return stands; }
    void close() noexcept override { stands = false; }
};

}  // namespace fairlead::test
