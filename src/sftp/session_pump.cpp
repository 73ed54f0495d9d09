// The half of a session that moves bytes: packets out, packets in, each reply to whom it is for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "sftp/session.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// What the pump reads in one turn before those who wait for it get theirs.
constexpr std::size_t kTurn = 512 * 1024;

// Silence after which something harmless is sent: shorter than what routers and servers commonly allow.
constexpr auto kKeepAlive = 45s;

// No DATA that was asked for is longer; what a packet adds to it is a few bytes.
constexpr std::uint32_t kLargestRead = 1024 * 1024;

}  // namespace

awaitable<void> Session::pump(std::shared_ptr<Session> self) {
    try {
        auto last_kept_alive = Clock::now();
        while (!self->closed_ && !self->failure_) {
            const auto got = self->receive(kTurn);
            self->flush();
            if (self->closed_ || self->failure_) break;
            if (got >= kTurn) {
                co_await asio::post(self->executor_, asio::use_awaitable);
                continue;
            }
            if (self->transport_->ended()) self->throw_ended();
            co_await self->transport_->wait(self->blocked_, kKeepAlive);
            const auto now = Clock::now();
            if (now - std::max(self->last_heard_, last_kept_alive) >= kKeepAlive) {
                last_kept_alive = now;
                self->transport_->keep_alive();
            }
        }
    } catch (const Error& error) {
        self->fail(error);
    } catch (const std::exception& error) {
        self->fail(Error(ErrorCode::internal, fmt::format("The SFTP session ended: {}.", error.what())));
    }
}

void Session::flush() {
    flush_scheduled_ = false;
    blocked_ = false;
    while (!outgoing_.empty() && !failure_ && !closed_) {
        auto& first = outgoing_.front();
        const auto rest = first.rest();
        const auto sent = rest.empty() ? 0 : transport_->write_now(rest);
        first.done += sent;
        if (sent < rest.size()) {
            if (sent > 0) continue;
            blocked_ = true;
            return;
        }
        const auto tell = std::move(first.sent);
        outgoing_.pop_front();
        if (tell) tell();
    }
}

/// Not at once: what else is asked for in this turn of the event loop leaves with it.
void Session::schedule_flush() {
    if (flush_scheduled_) return;
    flush_scheduled_ = true;
    asio::post(executor_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->failure_ || self->closed_) return;
        try {
            self->flush();
        } catch (const Error& error) {
            self->fail(error);
        }
        // Writing may have taken packets off the socket, or is to be gone on with: both are the pump's.
        self->transport_->wake();
    });
}

std::size_t Session::fill(std::span<std::byte> into, std::size_t& have) {
    std::size_t got = 0;
    while (have < into.size()) {
        const auto count = transport_->read_now(into.subspan(have));
        if (count == 0) break;
        have += count;
        got += count;
    }
    return got;
}

std::size_t Session::receive(std::size_t budget) {
    std::size_t total = 0;
    while (total < budget && !failure_) {
        std::size_t got = 0;
        bool complete = false;
        switch (stage_) {
            case Stage::head:
                got = fill(std::span(head_, 9), head_have_);
                if (head_have_ >= 4 && stage_ == Stage::head &&
                    looks_like_text(std::span<const std::byte, 4>(head_, 4))) {
                    std::array<std::byte, 200> more;
                    auto have = head_have_ - 4;
                    std::memcpy(more.data(), head_ + 4, have);
                    fill(more, have);
                    decode_length(std::span<const std::byte, 4>(head_, 4), std::span(more).first(have));
                }
                if ((complete = head_have_ == 9)) head_complete();
                break;
            case Stage::data_length:
                got = fill(std::span(head_, 13), head_have_);
                if ((complete = head_have_ == 13)) data_begins();
                break;
            case Stage::data: {
                if (!room_.empty()) {
                    got = fill(room_.first(data_length_), body_have_);
                } else {
                    std::array<std::byte, 16 * 1024> dropped;
                    std::size_t have = 0;
                    got = fill(std::span(dropped).first(
                                   std::min<std::size_t>(dropped.size(), data_length_ - body_have_)),
                               have);
                    body_have_ += got;
                }
                if ((complete = body_have_ == data_length_)) dispatch();
                break;
            }
            case Stage::body:
                got = fill(body_, body_have_);
                if ((complete = body_have_ == body_.size())) dispatch();
                break;
        }
        total += got;
        if (got > 0) last_heard_ = Clock::now();
        if (got == 0 && !complete) break;
    }
    return total;
}

void Session::head_complete() {
    const auto length = decode_length(std::span<const std::byte, 4>(head_, 4));
    if (length < 5)
        throw Error(ErrorCode::protocol_error,
                    fmt::format("{} sent an SFTP packet of {} bytes.", target_, length))
            .ends_session();
    PacketReader reader(std::span<const std::byte>(head_ + 4, 5));
    type_ = static_cast<PacketType>(reader.u8());
    id_ = reader.u32();
    left_ = length - 5;
    body_have_ = 0;
    if (type_ == PacketType::data) {
        stage_ = Stage::data_length;
        return;
    }
    stage_ = Stage::body;
    body_.resize(left_);
}

void Session::data_begins() {
    data_length_ = PacketReader(std::span<const std::byte>(head_ + 9, 4)).u32();
    const auto found = expected_.find(id_);
    if (found == expected_.end() || left_ < 4 || data_length_ > left_ - 4 || data_length_ > kLargestRead ||
        left_ - 4 > data_length_)
        throw Error(ErrorCode::protocol_error, fmt::format("{} sent data that nobody asked for.", target_))
            .ends_session();
    room_ = found->second.taker->room_for(found->second.ticket, data_length_);
    stage_ = Stage::data;
}

void Session::dispatch() {
    stage_ = Stage::head;
    head_have_ = 0;
    last_reply_ = last_heard_;
    if (type_ == PacketType::version && !version_) {
        // What is the request id elsewhere is the version's number here.
        Bytes body(head_ + 5, head_ + 9);
        body.insert(body.end(), body_.begin(), body_.end());
        version_ = decode_version(body);
        version_came_.set();
        return;
    }
    const auto found = expected_.find(id_);
    if (found == expected_.end())
        throw Error(ErrorCode::protocol_error,
                    fmt::format("{} sent a reply ({}) that nobody asked for.", target_, to_text(type_)))
            .ends_session();
    const auto expected = std::move(found->second);
    expected_.erase(found);
    if (type_ == PacketType::data)
        expected.taker->took_data(expected.ticket, data_length_);
    else
        expected.taker->took_reply(expected.ticket, {type_, std::exchange(body_, {})});
}

void Session::throw_ended() {
    const auto words = transport_->last_words();
    // A log-in script that prints a word or two and ends looks like the beginning of a packet.
    if (!version_ && head_have_ >= 4)
        decode_length(std::span<const std::byte, 4>(head_, 4),
                      std::span<const std::byte>(head_ + 4, std::min<std::size_t>(head_have_, 9) - 4));
    can_be_followed_ = version_.has_value() && transport_->carrier_stands();
    throw Error(ErrorCode::connection_lost,
                version_ ? fmt::format("{} ended the SFTP session.", target_)
                         : fmt::format("{} accepted the log-in but its SFTP server ended at once.", target_))
        .at(version_ ? "command" : "login")
        .replied(words)
        .hinting(version_ ? ""
                          : "Log in once with ssh or sftp: the password of this user may have expired, or the server's "
                            "SFTP program may be missing.")
        .ends_session();
}

}  // namespace fairlead::sftp
