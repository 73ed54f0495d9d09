#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fairlead/deadline.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/observer.hpp"
#include "sftp/packet.hpp"
#include "sftp/request_window.hpp"
#include "sftp/signal.hpp"
#include "sftp/status.hpp"
#include "sftp/transport.hpp"

namespace fairlead::sftp {

/// What the server offers beyond version 3.
struct Extensions {
    bool posix_rename = false;
    bool fsync = false;
    bool statvfs = false;
    bool hardlink = false;
    bool copy_data = false;
    bool expand_path = false;
    bool limits = false;
};

/// How much the server takes; what it does not tell is what every server must take.
struct Limits {
    std::uint32_t read_length = kSafeDataLength;
    std::uint32_t write_length = kSafeDataLength;
    std::uint64_t open_handles = 0;  ///< 0: not told
};

/// A reply as it came. `body` is what stands after the request id.
struct Reply {
    PacketType type{};
    Bytes body;

    bool is_status() const noexcept { return type == PacketType::status; }
    /// OK for everything that is not a status.
    Status status() const;
};

/// Takes the replies to requests that several of which are in flight. Called by the session's pump, on its
/// executor; must not throw or wait. `ticket` is what was given with the request.
class ReplyTaker {
  public:
    virtual ~ReplyTaker() = default;
    /// DATA of `length` bytes begins: where to put it. An empty span: it is not wanted and will be dropped.
    virtual std::span<std::byte> room_for(std::uint64_t ticket, std::uint32_t length) = 0;
    /// All of the DATA is there.
    virtual void took_data(std::uint64_t ticket, std::uint32_t length) = 0;
    virtual void took_reply(std::uint64_t ticket, Reply reply) = 0;
    /// The session broke; no reply will come.
    virtual void lost(std::uint64_t ticket) = 0;
};

/// An SFTP conversation: requests out, replies in by their ids, any number in flight from any number of
/// coroutines of one executor. One coroutine of its own, the pump, does all reading and most writing; small
/// requests that are made in one turn of the event loop leave together.
class Session : public std::enable_shared_from_this<Session> {
  public:
    /// Exchanges INIT and VERSION and asks for the limits. Throws protocol_error (with the text that a chatty
    /// server prints), timeout, connection_lost, cancelled.
    static awaitable<std::shared_ptr<Session>> start(std::unique_ptr<Transport> transport, std::string target,
                                                     const Timeouts& timeouts, Observer* observer);
    ~Session();

    const Extensions& extensions() const noexcept { return extensions_; }
    const Limits& limits() const noexcept { return limits_; }
    /// How many reads of one file to have in flight. A link is full with rate times round trip. What is asked
    /// for beyond that piles up in the server, and OpenSSH's gets slow with megabytes in its buffers: on
    /// loopback 1 GiB took 9.5 s with 16 MiB asked for, and 2.3 s with 2 MiB.
    FlightLimit reads_in_flight() const noexcept;
    const Timeouts& timeouts() const noexcept { return timeouts_; }
    Observer* observer() const noexcept { return observer_; }

    using Fill = std::function<void(PacketWriter&)>;

    /// One request and its reply, within `timeouts.command` from the last sign of life. `traced` is the line
    /// for the observer, without the leading mark; empty: none. Throws timeout, connection_lost, cancelled:
    /// after the first two the session is over, a late reply to a cancelled one is dropped.
    awaitable<Reply> request(PacketType type, std::string traced, Fill fill);

    /// Sends one of several requests whose replies go to `taker`.
    void send(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket, const Fill& fill);
    /// Like `send`, with `payload` as the packet's end, which must stay as it is until `sent` is called.
    void send_with(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket, const Fill& fill,
                   std::span<const std::byte> payload, std::function<void()> sent);

    /// Copies what is still unsent of `payload` (given to `send_with`), because it will not stay as it is.
    void keep(std::span<const std::byte> payload);

    /// A CLOSE whose outcome does not matter; also what becomes of handles nobody waits for any more.
    void close_handle(const std::string& handle);

    /// When anything, be it a single byte, last came from the server.
    Clock::time_point last_heard() const noexcept { return last_heard_; }
    /// The shortest time that a request took to its reply; 0: none had one yet.
    std::chrono::microseconds round_trip() const noexcept {
        return round_trip_.value_or(std::chrono::microseconds(0));
    }
    /// Why the session is over; null while it lives.
    std::exception_ptr failure() const noexcept { return failure_; }
    /// The server has ended the stream, but not what carries it: a new session can be started there.
    bool can_be_followed() const noexcept { return can_be_followed_; }
    /// Several READs were unanswered when the session ended. Some servers cannot take that.
    bool ended_among_reads() const noexcept { return ended_among_reads_; }
    /// From now on one READ of a file at a time.
    void read_one_by_one() noexcept { one_by_one_ = true; }
    /// Throws what ended the session, if something did.
    void check() const;
    /// Ends the session because of `error`; whoever waits gets it.
    void fail(Error error);
    /// Ends the session in peace. Nothing may be in flight that somebody still waits for.
    void close() noexcept;

    void trace_sent(std::string_view line) const;
    void trace_received(std::string_view line) const;
    void note(std::string_view text) const;

  private:
    struct Expected {
        std::shared_ptr<ReplyTaker> taker;
        std::uint64_t ticket;
        PacketType request;
    };
    struct Outgoing {
        Bytes owned;
        std::span<const std::byte> borrowed;  // sent instead of `owned` when not empty
        std::function<void()> sent;
        std::size_t done = 0;

        std::span<const std::byte> rest() const noexcept;
    };
    enum class Stage { head, data_length, data, body };
    class Single;

    Session(std::unique_ptr<Transport> transport, std::string target, const Timeouts& timeouts,
            Observer* observer, boost::asio::any_io_executor executor);

    static awaitable<void> pump(std::shared_ptr<Session> self);
    awaitable<void> introduce();
    awaitable<void> ask_limits();
    std::size_t receive(std::size_t budget);
    std::size_t fill(std::span<std::byte> into, std::size_t& have);
    void head_complete();
    void data_begins();
    void dispatch();
    void flush();
    void schedule_flush();
    Bytes& small_packets();
    std::uint32_t expect(PacketType request, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket);
    [[noreturn]] void throw_ended();

    std::unique_ptr<Transport> transport_;
    std::string target_;
    Timeouts timeouts_;
    Observer* observer_;
    boost::asio::any_io_executor executor_;
    Extensions extensions_;
    Limits limits_;

    std::unordered_map<std::uint32_t, Expected> expected_;
    std::uint32_t next_id_ = 1;
    std::deque<Outgoing> outgoing_;
    bool flush_scheduled_ = false;
    bool blocked_ = false;  // the pump is to wait for writing too

    Stage stage_ = Stage::head;
    std::byte head_[13];
    std::size_t head_have_ = 0;
    PacketType type_{};
    std::uint32_t id_ = 0;
    std::uint32_t left_ = 0;  // bytes of the packet after the head
    Bytes body_;
    std::size_t body_have_ = 0;
    std::span<std::byte> room_;  // for DATA; empty: drop it
    std::uint32_t data_length_ = 0;

    std::optional<Version> version_;
    Signal version_came_;
    Clock::time_point last_heard_ = Clock::now();
    Clock::time_point last_reply_ = Clock::now();
    std::optional<std::chrono::microseconds> round_trip_;
    std::exception_ptr failure_;
    bool can_be_followed_ = false;
    bool ended_among_reads_ = false;
    bool one_by_one_ = false;
    bool closed_ = false;
};

}  // namespace fairlead::sftp
