#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <memory>
#include <string>
#include <vector>

#include "sftp/ssh_session.hpp"
#include "sftp/transport.hpp"

namespace fairlead::sftp {

/// A channel of an SSH session that runs the "sftp" subsystem. One session can have several.
class SshChannel final : public Transport {
  public:
    explicit SshChannel(std::shared_ptr<SshSession> session);
    ~SshChannel() override;

    /// Opens the channel and starts the subsystem. Throws server_busy when the server grants no channel,
    /// unsupported when it has no SFTP, timeout, connection_lost.
    awaitable<void> open(Deadline deadline);

    std::size_t read_now(std::span<std::byte> into) override;
    std::size_t write_now(std::span<const std::byte> bytes) override;
    bool ended() const override;
    bool carrier_stands() const noexcept override { return session_->connected(); }
    std::string last_words() const override;
    awaitable<void> wait(bool to_write, std::chrono::milliseconds at_most) override;
    void wake() noexcept override { sleeper_.wake(); }
    void keep_alive() override;
    void close() noexcept override;

  private:
    static int on_data(ssh_session, ssh_channel, void* data, std::uint32_t length, int is_stderr, void* self);
    std::size_t take_from_channel(std::span<std::byte> into);
    bool something_came();
    void open_window();

    std::shared_ptr<SshSession> session_;
    SshSession::Sleeper sleeper_;
    ssh_channel channel_ = nullptr;
    ssh_channel_callbacks_struct callbacks_{};
    std::string error_text_;
    std::unique_ptr<std::byte[]> spare_;   // where a read that opens the window puts what it reads
    std::span<const std::byte> leftover_;  // of spare_, not taken yet
    std::size_t read_since_opening_ = 0;
};

}  // namespace fairlead::sftp
