#pragma once

#include <libssh/libssh.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fairlead/deadline.hpp"
#include "fairlead/file_system.hpp"
#include "sftp/socket_reads.hpp"

namespace fairlead::sftp {

/// One libssh session over a socket of ours, never blocking: libssh does the protocol, Asio does the waiting.
///
/// libssh gets a duplicate of the descriptor, which it closes or does not; waiting happens on our own.
/// Belongs to one single-threaded executor. A libssh call may take packets off the socket whatever it is for
/// and whichever channel they belong to. So before waiting, whoever waits must have looked whether what it
/// waits for is there already, and every call is made while a Watch stands, which wakes the others.
class SshSession {
    struct Waiter;

  public:
    /// One of those who wait for the socket: a channel, or a call that is driven to its end.
    class Sleeper {
      public:
        explicit Sleeper(SshSession& session);
        ~Sleeper();
        Sleeper(const Sleeper&) = delete;
        Sleeper& operator=(const Sleeper&) = delete;

        /// Waits until the socket can be read (or written), `wake` is called, or for `at_most`. One at a
        /// time.
        awaitable<void> wait(bool to_write, std::chrono::milliseconds at_most);
        void wake() noexcept;

      private:
        friend class SshSession;
        struct State;
        std::shared_ptr<Waiter> waiter_;
        const SocketReads& reads_;
        std::shared_ptr<State> state_;
    };

    /// Stands around calls into libssh by `caller`: at its end everybody else is woken, if any bytes came.
    class Watch {
      public:
        Watch(SshSession& session, const Sleeper& caller) noexcept
            : session_(session), caller_(caller), before_(session.bytes_received()), scope_(session.reads_) {}
        ~Watch() {
            if (session_.bytes_received() != before_) session_.wake_all_but(&caller_);
        }
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

      private:
        SshSession& session_;
        const Sleeper& caller_;
        std::uint64_t before_;
        SocketReads::Scope scope_;
    };

    /// `target` is what messages call the peer. Throws internal if libssh cannot be set up.
    SshSession(boost::asio::ip::tcp::socket socket, std::string target);
    ~SshSession();
    SshSession(const SshSession&) = delete;
    SshSession& operator=(const SshSession&) = delete;

    ssh_session get() const noexcept { return session_; }
    const std::string& target() const noexcept { return target_; }

    /// Sets an option; a value that libssh does not take is invalid_argument, naming `what`.
    void set(ssh_options_e option, const void* value, std::string_view what);

    /// Calls `attempt` again each time the socket has moved, until it returns something else than `again`.
    /// Throws timeout at `deadline`, cancelled.
    awaitable<int> drive(std::string step, Deadline deadline, std::function<int()> attempt,
                         int again = SSH_AGAIN);

    /// Each channel says when it begins and when it is freed: libssh must not free channels by itself.
    void channel_begins() noexcept { ++channels_; }
    void channel_ends() noexcept { --channels_; }

    /// How many bytes were taken off the socket so far. If a call leaves it as it was, the socket is empty.
    std::uint64_t bytes_received() const noexcept { return received_.in_bytes; }
    /// Whether libssh holds bytes that the socket did not take yet.
    bool has_unsent() const noexcept { return (ssh_get_status(session_) & SSH_WRITE_PENDING) != 0; }

    /// From now on the socket is read in large pieces. Every call into libssh that may read is then made by
    /// the executor's thread, while a Watch (or a scope of `reads`) stands.
    void read_in_large_pieces() { reads_.begin(duplicate_); }
    SocketReads& reads() noexcept { return reads_; }

    /// libssh's last error as part of a sentence, without its trailing stop.
    std::string last_error() const;
    /// The error for a connection that broke: `doing` begins the sentence.
    Error lost(std::string_view step, std::string_view doing) const;

    /// Whether the connection still stands.
    bool connected() const noexcept;
    /// Says good-bye if that needs no waiting, and drops the connection.
    void close() noexcept;

  private:
    void wake_all_but(const Sleeper* sleeper) noexcept;
    void close_duplicate() const noexcept;
    Error late(const std::string& step, Clock::duration waited) const;

    ssh_session session_ = nullptr;
    int duplicate_ = -1;
    std::uint64_t inode_ = 0;  // of the socket
    SocketReads reads_;
    ssh_counter_struct received_{};
    ssh_counter_struct raw_{};
    std::shared_ptr<Waiter> waiter_;
    unsigned channels_ = 0;
    std::string target_;
};

}  // namespace fairlead::sftp
