#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/observer.hpp"
#include "fairlead/secret.hpp"
#include "ftp/reply.hpp"
#include "net/plain_stream.hpp"
#include "net/tls_stream.hpp"

namespace fairlead::ftp {

/// The conversation of an FTP session: commands out, replies in, each reply counted against a command. When
/// the count cannot be trusted any more (a time-out, a cancellation, 421, a lost connection) the channel is
/// broken for good, so that no reply is ever taken for another command's.
class ControlChannel {
  public:
    /// Of a connected socket; the greeting is the first reply owed. `observer` may be null.
    ControlChannel(std::unique_ptr<net::TimedSocket> socket, Observer* observer,
                   std::chrono::milliseconds timeout);

    /// Puts the channel under TLS. Throws tls_failed when bytes in clear are waiting: somebody in between may
    /// have put them there to be taken for replies under TLS.
    awaitable<void> secure(net::TlsContext& context, std::chrono::milliseconds timeout);

    /// Sends `count` complete command lines; as many replies are owed from then on.
    awaitable<void> send(std::string_view lines, std::string_view step, std::size_t count = 1);
    /// One more command behind those that are not answered yet. Its reply is not for whoever receives:
    /// `answered` is called with it, whenever it comes. It leaves together with what follows it, or when
    /// somebody waits for a reply, or with `flush`.
    void send_ahead(std::string_view line, std::function<void(Reply)> answered);
    /// A server that is gone is not an error here; it will be when a reply is awaited.
    awaitable<void> flush(std::string_view step);
    /// Waits until all that was sent ahead is answered. Takes at most the command time-out.
    awaitable<void> receive_ahead(std::string_view step);
    /// Whether something sent ahead is not answered.
    bool has_ahead() const noexcept { return owners_.size() > owed_; }
    /// The next reply. A preliminary one (1xx) leaves its command owed. Takes at most the command time-out.
    awaitable<Reply> receive(std::string_view step);
    /// The same, but silence for `patience` is an answer, after which the channel is as good as before.
    awaitable<std::optional<Reply>> receive_within(std::chrono::milliseconds patience, std::string_view step);
    /// One command and its final reply (a preliminary one is skipped).
    awaitable<Reply> exchange(std::string_view line, std::string_view step);

    /// How many final replies the server still owes, those to commands sent ahead left aside.
    std::size_t owed() const noexcept { return owed_; }
    /// One reply that is owed will never come: a later command has been answered.
    void forgive() noexcept;
    bool broken() const noexcept { return broken_; }
    /// Whether the server has closed its end. Never waits.
    bool hung_up() const noexcept { return stream().has_hung_up(); }
    /// The state is not known any more: nothing may be sent.
    void give_up() noexcept { broken_ = true; }
    void close() noexcept;

    /// Null while in clear.
    const net::TlsStream* tls() const noexcept { return tls_.get(); }
    Observer* observer() const noexcept { return observer_; }
    void note(std::string_view text) const;

  private:
    awaitable<std::optional<Reply>> next_reply(std::chrono::milliseconds patience, bool silence_is_error,
                                               std::string_view step, bool only_ahead = false);
    awaitable<bool> write_out(std::string_view lines, std::string_view step);
    void note_sent(std::string_view lines);
    bool take_if_ahead(Reply& reply);
    void hide_asked(Reply& reply);
    Reply accept(Reply reply);
    awaitable<void> drop_strays(std::string_view step);
    void recognise_other_protocol(std::string_view first_bytes) const;
    net::Stream& stream() const noexcept;

    std::unique_ptr<net::PlainStream> clear_;
    std::unique_ptr<net::TlsStream> tls_;
    Observer* observer_;
    std::chrono::milliseconds timeout_;
    ReplyParser parser_;
    std::array<std::byte, 4096> bytes_;  // here and not in coroutines, whose frames come and go with each reply
    std::string unsent_;                 // what was sent ahead and waits for company
    /// Whose the final replies to come are: null for whoever receives. `owed_` of them are null.
    std::deque<std::function<void(Reply)>> owners_{nullptr};
    std::size_t owed_ = 1;
    Secret asked_;  ///< a password that was sent and is not answered yet
    bool greeted_ = false;
    bool broken_ = false;
};

}  // namespace fairlead::ftp
