#include "ftp/control_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <span>
#include <utility>

#include "base/mask.hpp"
#include "fairlead/deadline.hpp"
#include "ftp/command.hpp"

namespace fairlead::ftp {

using namespace std::chrono_literals;

namespace {

Error cancelled(std::string_view step) {
    return Error(ErrorCode::cancelled, "The operation was cancelled.").at(std::string(step)).ends_session();
}

Error closed_by_server(std::string_view step) {
    return Error(ErrorCode::connection_lost, "The server closed the control connection.")
        .at(std::string(step))
        .ends_session();
}

Error unanswered(std::chrono::milliseconds patience, std::string_view step) {
    return Error(ErrorCode::timeout, fmt::format("The server did not answer within {} (step '{}').",
                                                 net::to_text(patience), step))
        .at(std::string(step))
        .hinting(
            "A firewall may be dropping packets silently, or the server is overloaded; a longer time-out "
            "helps only in the second case.")
        .ends_session();
}

}  // namespace

ControlChannel::ControlChannel(std::unique_ptr<net::TimedSocket> socket, Observer* observer,
                               std::chrono::milliseconds timeout)
    : clear_(std::make_unique<net::PlainStream>(std::move(socket))), observer_(observer), timeout_(timeout) {}

net::Stream& ControlChannel::stream() const noexcept {
    if (tls_) return *tls_;
    return *clear_;
}

void ControlChannel::note(std::string_view text) const {
    if (observer_ != nullptr) observer_->note(text);
}

awaitable<void> ControlChannel::secure(net::TlsContext& context, std::chrono::milliseconds timeout) {
    if (!parser_.empty()) {
        broken_ = true;
        throw Error(
            ErrorCode::tls_failed,
            "The server sent more in clear after agreeing to TLS; somebody in between may have put it there.")
            .at("secure")
            .ends_session();
    }
    tls_ = std::make_unique<net::TlsStream>(clear_->release(), context, net::TlsContext::Role::control);
    tls_->expect_within(timeout, "secure");
    try {
        co_await tls_->handshake();
    } catch (const boost::system::system_error&) {
        broken_ = true;
        throw cancelled("secure");
    } catch (...) {
        broken_ = true;
        throw;
    }
}

awaitable<void> ControlChannel::send(std::string_view lines, std::string_view step, std::size_t count) {
    if (broken_)
        throw Error(ErrorCode::connection_lost, "This session has ended; open a new one.")
            .at(std::string(step))
            .ends_session();
    if (owed_ == 0) co_await drop_strays(step);
    note_sent(lines);
    owed_ += count;
    owners_.resize(owners_.size() + count);
    auto ahead = std::exchange(unsent_, {});
    if (!ahead.empty()) lines = ahead.append(lines);
    if (co_await write_out(lines, step)) co_return;
    // Most likely the server ended the session while it was idle: its reason (421) may still be readable.
    auto reason = closed_by_server(step);
    try {
        if (const auto reply = co_await next_reply(1s, false, step)) reason.server_reply = reply->raw();
    } catch (const std::exception&) {
        // Nothing more to learn.
    }
    broken_ = true;
    throw reason;
}

void ControlChannel::note_sent(std::string_view lines) {
    for (std::size_t from = 0; from < lines.size();) {
        const auto end = std::min(lines.find("\r\n", from), lines.size());
        const auto line = lines.substr(from, end - from);
        if (const auto hidden = hidden_in(line); !hidden.empty()) asked_ = Secret(hidden);
        if (observer_ != nullptr) observer_->sent(masked(line));
        from = end + 2;
    }
}

void ControlChannel::send_ahead(std::string_view line, std::function<void(Reply)> answered) {
    if (broken_) return;
    note_sent(line);
    owners_.push_back(std::move(answered));
    unsent_ += line;
}

awaitable<void> ControlChannel::flush(std::string_view step) {
    if (broken_ || unsent_.empty()) co_return;
    const auto lines = std::exchange(unsent_, {});
    (void)co_await write_out(lines, step);  // the replies that do not come will tell of a lost connection
}

/// False when the connection is lost.
awaitable<bool> ControlChannel::write_out(std::string_view lines, std::string_view step) {
    stream().expect_within(timeout_, step);
    try {
        co_await stream().write(std::as_bytes(std::span(lines)));
        co_return true;
    } catch (const boost::system::system_error&) {
        broken_ = true;
        throw cancelled(step);
    } catch (const Error& error) {
        if (error.code == ErrorCode::connection_lost) co_return false;
        broken_ = true;
        throw;
    }
}

awaitable<void> ControlChannel::receive_ahead(std::string_view step) {
    while (has_ahead() && owed_ == 0 && !broken_)
        (void)co_await next_reply(timeout_, true, step, true);
}

void ControlChannel::forgive() noexcept {
    const auto first = std::find(owners_.begin(), owners_.end(), nullptr);
    if (first == owners_.end()) return;
    owners_.erase(first);
    --owed_;
}

/// What arrived before a command was sent cannot be its reply.
awaitable<void> ControlChannel::drop_strays(std::string_view step) {
    for (;;) {
        while (auto stray = parser_.take(owners_.size())) {
            for (const auto& line : stray->lines)
                if (observer_ != nullptr) observer_->received(line);
            if (take_if_ahead(*stray)) continue;
            if (stray->code == 421) {
                broken_ = true;
                throw closed_by_server(step).replied(stray->raw());
            }
            note("The server sent a reply that no command asked for; it was dropped.");
        }
        if (!stream().has_arrived()) co_return;
        stream().expect_within(timeout_, step);
        std::optional<std::size_t> got;
        try {
            got = co_await stream().read_within(bytes_, 0ms);
        } catch (const boost::system::system_error&) {
            broken_ = true;
            throw cancelled(step);
        } catch (...) {
            broken_ = true;
            throw;
        }
        if (!got || *got == 0) co_return;  // nothing for us (TLS), or the end: the command will meet it
        parser_.feed(std::string_view(reinterpret_cast<const char*>(bytes_.data()), *got));
    }
}

awaitable<Reply> ControlChannel::receive(std::string_view step) {
    auto reply = co_await next_reply(timeout_, true, step);
    co_return std::move(*reply);
}

awaitable<std::optional<Reply>> ControlChannel::receive_within(std::chrono::milliseconds patience,
                                                               std::string_view step) {
    co_return co_await next_reply(patience, false, step);
}

awaitable<Reply> ControlChannel::exchange(std::string_view line, std::string_view step) {
    co_await send(line, step);
    for (;;) {
        auto reply = co_await receive(step);
        if (!reply.is_preliminary()) co_return reply;
    }
}

awaitable<std::optional<Reply>> ControlChannel::next_reply(std::chrono::milliseconds patience,
                                                           bool silence_is_error, std::string_view step,
                                                           bool only_ahead) {
    constexpr auto kSilence = 1000ms;
    const auto deadline = Clock::now() + patience;
    co_await flush(step);
    try {
        for (;;) {
            if (auto reply = parser_.take(std::max<std::size_t>(owners_.size(), 1))) {
                auto accepted = accept(std::move(*reply));
                const bool ahead = take_if_ahead(accepted);
                if (!ahead) co_return accepted;
                if (only_ahead) co_return std::nullopt;
                continue;
            }
            const auto left =
                std::max(1ms, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
            const auto wait = parser_.may_be_complete() ? std::min(left, kSilence) : left;
            stream().expect_within(left, step);
            const auto got = co_await stream().read_within(bytes_, wait);
            if (!got) {
                if (auto reply = parser_.take_after_silence()) {
                    auto accepted = accept(std::move(*reply));
                    const bool ahead = take_if_ahead(accepted);
                    if (!ahead) co_return accepted;
                    if (only_ahead) co_return std::nullopt;
                    continue;
                }
                if (wait < left) continue;
                if (!silence_is_error) co_return std::nullopt;
                throw unanswered(patience, step);
            }
            if (*got == 0) throw closed_by_server(step);
            const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), *got);
            if (!greeted_) recognise_other_protocol(text);
            parser_.feed(text);
        }
    } catch (const boost::system::system_error&) {
        broken_ = true;
        throw cancelled(step);
    } catch (...) {
        broken_ = true;
        throw;
    }
}

/// Some servers say a refused password back; nobody shall read it there.
void ControlChannel::hide_asked(Reply& reply) {
    if (asked_.empty()) return;
    const Mask mask({asked_});
    const auto code = std::to_string(reply.code);
    for (auto& line : reply.lines)
        mask.hide(line, line.starts_with(code) ? code.size() : 0);
    if (!reply.is_preliminary()) asked_ = Secret();
}

Reply ControlChannel::accept(Reply reply) {
    greeted_ = true;
    hide_asked(reply);
    if (observer_ != nullptr) {
        for (const auto& line : reply.lines)
            observer_->received(line);
        if (!reply.oddity.empty()) observer_->note(reply.oddity);
    }
    if (reply.code == 421) broken_ = true;  // RFC 959: "closing control connection"
    return reply;
}

/// A final reply is taken from its owner's list; true when it was sent ahead, and its owner told.
bool ControlChannel::take_if_ahead(Reply& reply) {
    if (reply.is_preliminary() || owners_.empty()) return false;
    const auto owner = std::move(owners_.front());
    owners_.pop_front();
    if (!owner) {
        --owed_;
        return false;
    }
    owner(std::move(reply));
    return true;
}

void ControlChannel::recognise_other_protocol(std::string_view first_bytes) const {
    if (first_bytes.starts_with("SSH-"))
        throw Error(ErrorCode::protocol_error, "An SSH server answers on this port, not an FTP server.")
            .at("login")
            .replied(std::string(first_bytes.substr(0, first_bytes.find_first_of("\r\n"))))
            .hinting("Use the protocol sftp for this connection.")
            .ends_session();
    if (first_bytes.starts_with("HTTP/"))
        throw Error(ErrorCode::protocol_error, "A web server answers on this port, not an FTP server.")
            .at("login")
            .hinting("Check the port of the connection.")
            .ends_session();
    if (first_bytes.starts_with("\x15\x03") || first_bytes.starts_with("\x16\x03"))
        throw Error(ErrorCode::protocol_error, "The server expects TLS from the first byte on this port.")
            .at("login")
            .hinting("Use implicit TLS for this connection (--protocol ftps --tls implicit).")
            .ends_session();
}

void ControlChannel::close() noexcept {
    broken_ = true;
    stream().close();
}

}  // namespace fairlead::ftp
