#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "ftp/data_connection.hpp"
#include "ftp/session.hpp"

namespace fairlead::ftp {

/// One use of a data connection: the command, its replies and the stream of bytes, in whatever order they
/// come.
///
/// A transfer has succeeded only when the data has ended and the server has said so (2xx): `conclude`. One
/// that is dropped without it closes its data connection; the session then collects the reply before its next
/// command.
class Transfer {
  public:
    struct Request {
        std::string verb;  ///< RETR, STOR, APPE, LIST, MLSD, NLST
        std::string argument;
        std::uint64_t offset = 0;  ///< REST, when not 0
        bool text = false;         ///< TYPE A
        std::string step;          ///< what errors call it: "read", "write", "list"
        std::string path;          ///< for errors
        bool bytes_first = false;  ///< an upload whose bytes go out without waiting for the server to agree:
                                   ///< for a few, over a data connection that stands already
    };

    /// Null when the server refuses the command; `refusal` then holds its reply and the session is as before.
    static awaitable<std::unique_ptr<Transfer>> start(std::shared_ptr<Session> session, Request request,
                                                      Reply& refusal);

    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer();

    net::Stream& stream() noexcept { return *stream_; }
    Session& session() noexcept { return *session_; }
    const Request& request() const noexcept { return request_; }
    /// The size that the preliminary reply names: "150 Opening ... (1234 bytes)".
    std::optional<std::uint64_t> announced_size() const;

    /// After the end of what was sent: asks, where the server takes questions so early, for the size of the
    /// file as it is then (`stored_size` after `conclude`) and for the next data connection.
    awaitable<void> ask_ahead();
    /// The reply by which the server refused the command, where that was not waited for (bytes_first).
    const Reply* refusal() const noexcept;
    /// After `conclude`: the size of the written file on the server, if it was asked and told.
    std::optional<std::uint64_t> stored_size() const;
    /// After the data's end: waits for the server's final word. Throws what a refusing reply stands for, or
    /// incomplete when it never comes.
    awaitable<void> conclude();
    /// After `conclude`: that word.
    const Reply& last_reply() const noexcept { return last_; }
    /// The data connection failed with `failure`: prefers the reason the server gives. Always throws.
    awaitable<void> fail(std::exception_ptr failure);
    /// Ends early. Never throws for what the server answers; the session may be unusable afterwards.
    awaitable<void> abort();

  private:
    Transfer(std::shared_ptr<Session> session, Request request)
        : session_(std::move(session)), request_(std::move(request)), data_(session_) {}

    awaitable<bool> open(Reply& refusal);
    awaitable<Reply> first_reply();
    awaitable<void> restart_at_offset();
    awaitable<void> establish();
    std::unique_ptr<net::Stream> take_rest();
    awaitable<std::optional<Reply>> final_reply_within(std::chrono::milliseconds patience);

    std::shared_ptr<Session> session_;
    Request request_;
    DataConnection data_;
    std::unique_ptr<net::Stream> stream_;
    Reply first_;
    std::optional<Reply> final_;
    Reply last_;
    std::shared_ptr<std::optional<Reply>> size_reply_;  // null: not asked
    bool commanded_ = false;                            // the command was sent
};

}  // namespace fairlead::ftp
