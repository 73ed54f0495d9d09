#include "sftp/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "net/timed_socket.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Requests that leave together: longer would only make the first of them wait.
constexpr std::size_t kBatch = 32 * 1024;

// What the pump reads in one turn before those who wait for it get theirs.
constexpr std::size_t kTurn = 512 * 1024;

// Silence after which something harmless is sent: shorter than what routers and servers commonly allow.
constexpr auto kKeepAlive = 45s;

// No DATA that was asked for is longer; what a packet adds to it is a few bytes.
constexpr std::uint32_t kLargestRead = 1024 * 1024;

std::exception_ptr pointer_to(Error error) {
    return std::make_exception_ptr(std::move(error));
}

}  // namespace

Status Reply::status() const {
    if (!is_status()) return {};
    return decode_status(body);
}

std::span<const std::byte> Session::Outgoing::rest() const noexcept {
    const auto all = borrowed.empty() ? std::span<const std::byte>(owned) : borrowed;
    return all.subspan(done);
}

/// Waits for the one reply to one request.
class Session::Single final : public ReplyTaker {
  public:
    Single(Session& session, bool wants_handle)
        : came_(session.executor_), session_(session), closes_(wants_handle) {}

    std::span<std::byte> room_for(std::uint64_t, std::uint32_t) override { return {}; }
    void took_data(std::uint64_t, std::uint32_t) override { took_reply(0, {PacketType::data, {}}); }
    void took_reply(std::uint64_t, Reply reply) override {
        if (abandoned_ && closes_ && reply.type == PacketType::handle) return close_late(reply);
        reply_ = std::move(reply);
        came_.set();
    }
    void lost(std::uint64_t) override { came_.set(); }

    std::optional<Reply> reply_;
    Signal came_;
    bool abandoned_ = false;

  private:
    /// Somebody opened a file and was cancelled before he got it: nobody else will close it.
    void close_late(const Reply& reply) {
        try {
            session_.close_handle(decode_handle(reply.body));
        } catch (const Error&) {
            return;  // not even a handle: nothing to close
        }
    }

    Session& session_;  // outlives every taker: it is the one that calls
    bool closes_;
};

Session::Session(std::unique_ptr<Transport> transport, std::string target, const Timeouts& timeouts,
                 Observer* observer, asio::any_io_executor executor)
    : transport_(std::move(transport)),
      target_(std::move(target)),
      timeouts_(timeouts),
      observer_(observer),
      executor_(std::move(executor)),
      version_came_(executor_) {}

Session::~Session() {
    transport_->close();
}

awaitable<std::shared_ptr<Session>> Session::start(std::unique_ptr<Transport> transport, std::string target,
                                                   const Timeouts& timeouts, Observer* observer) {
    const auto executor = co_await asio::this_coro::executor;
    std::shared_ptr<Session> session(
        new Session(std::move(transport), std::move(target), timeouts, observer, executor));
    asio::co_spawn(executor, pump(session), asio::detached);
    std::exception_ptr failed;
    try {
        co_await session->introduce();
        co_return session;
    } catch (...) {
        failed = std::current_exception();
    }
    session->close();
    std::rethrow_exception(failed);
}

awaitable<void> Session::introduce() {
    {
        PacketWriter(small_packets(), PacketType::init, std::nullopt).u32(3);
        trace_sent("INIT 3");
        schedule_flush();
    }
    const bool came = co_await version_came_.wait(Clock::now() + timeouts_.command, "login");
    check();
    if (!came || !version_)
        throw Error(ErrorCode::timeout, fmt::format("{} started SFTP but said nothing for {}.", target_,
                                                    net::to_text(timeouts_.command)))
            .at("login")
            .ends_session();
    std::string names;
    for (const auto& [name, data] : version_->extensions) {
        names.append(" ").append(name);
        extensions_.posix_rename |= name == "posix-rename@openssh.com" && data == "1";
        extensions_.fsync |= name == "fsync@openssh.com" && data == "1";
        extensions_.statvfs |= name == "statvfs@openssh.com" && data == "2";
        extensions_.hardlink |= name == "hardlink@openssh.com" && data == "1";
        extensions_.copy_data |= name == "copy-data" && data == "1";
        extensions_.expand_path |= name == "expand-path@openssh.com" && data == "1";
        extensions_.limits |= name == "limits@openssh.com" && data == "1";
    }
    trace_received(fmt::format("VERSION {}{}", version_->number, names));
    if (version_->number < 3)
        throw Error(ErrorCode::unsupported, fmt::format("{} only knows SFTP version {}; version 3 is needed.",
                                                        target_, version_->number))
            .at("login")
            .ends_session();
    if (extensions_.limits) co_await ask_limits();
}

/// OpenSSH's PROTOCOL, section 4.8: most bytes of a packet, of a read, of a write, and most open handles.
awaitable<void> Session::ask_limits() {
    const auto reply = co_await request(PacketType::extended, "EXTENDED limits@openssh.com",
                                        [](PacketWriter& packet) { packet.string("limits@openssh.com"); });
    if (reply.type != PacketType::extended_reply)
        co_return;  // announced, but not there: the safe values stay
    PacketReader reader(reply.body);
    const auto packet = reader.u64();
    const auto read = reader.u64();
    const auto write = reader.u64();
    limits_.open_handles = reader.u64();
    // 0 means that the server does not say. 1 KiB of a packet is more than everything around the data.
    const auto most =
        std::min<std::uint64_t>(packet == 0 ? kSafeDataLength + 1024 : packet, 256 * 1024) - 1024;
    const auto chosen = [&](std::uint64_t told) {
        if (packet != 0 && packet < 2048) return kSafeDataLength;
        const auto length = told == 0 ? std::uint64_t{kSafeDataLength} : std::min(told, most);
        return static_cast<std::uint32_t>(std::max<std::uint64_t>(length, 1024));
    };
    limits_.read_length = chosen(read);
    limits_.write_length = chosen(write);
    trace_received(fmt::format("limits: packet {}, read {}, write {}, handles {}", packet, read, write,
                               limits_.open_handles));
}

// --- requests ---

Bytes& Session::small_packets() {
    if (outgoing_.empty() || !outgoing_.back().borrowed.empty() || outgoing_.back().owned.size() >= kBatch)
        outgoing_.emplace_back();
    return outgoing_.back().owned;
}

std::uint32_t Session::expect(std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket) {
    while (expected_.contains(next_id_))
        ++next_id_;
    const auto id = next_id_++;
    expected_.emplace(id, Expected{std::move(taker), ticket});
    return id;
}

void Session::send(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket,
                   const Fill& fill) {
    check();
    const auto id = expect(std::move(taker), ticket);
    PacketWriter packet(small_packets(), type, id);
    fill(packet);
    packet.end();
    schedule_flush();
}

void Session::send_with(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket,
                        const Fill& fill, std::span<const std::byte> payload, std::function<void()> sent) {
    check();
    const auto id = expect(std::move(taker), ticket);
    PacketWriter packet(small_packets(), type, id);
    fill(packet);
    packet.end(payload.size());
    auto& last = outgoing_.emplace_back();
    last.borrowed = payload;
    last.sent = std::move(sent);
    schedule_flush();
}

awaitable<Reply> Session::request(PacketType type, std::string traced, Fill fill) {
    check();
    const auto self = shared_from_this();
    if (!traced.empty()) trace_sent(traced);
    const bool opens = type == PacketType::open || type == PacketType::opendir;
    const auto single = std::make_shared<Single>(*this, opens);
    send(type, single, 0, fill);
    const auto sent_at = Clock::now();
    struct Abandon {
        Single& single;
        ~Abandon() { single.abandoned_ = true; }
    } abandon{*single};

    while (!single->reply_) {
        check();
        const auto deadline = std::max(sent_at, last_reply_) + timeouts_.command;
        const bool came = co_await single->came_.wait(deadline, "command");
        if (came || Clock::now() < std::max(sent_at, last_reply_) + timeouts_.command) continue;
        fail(Error(ErrorCode::timeout, fmt::format("{} did not answer {} within {}.", target_, to_text(type),
                                                   net::to_text(timeouts_.command)))
                 .at("command"));
    }
    auto reply = std::move(*single->reply_);
    if (!traced.empty() && observer_ != nullptr)
        trace_received(reply.is_status() ? sftp::to_text(reply.status()) : to_text(reply.type));
    co_return reply;
}

void Session::keep(std::span<const std::byte> payload) {
    for (auto& one : outgoing_) {
        if (one.borrowed.data() != payload.data() || one.borrowed.empty()) continue;
        const auto rest = one.rest();
        one.owned.assign(rest.begin(), rest.end());
        one.borrowed = {};
        one.done = 0;
        one.sent = nullptr;
    }
}

void Session::close_handle(const std::string& handle) {
    if (failure_ || closed_) return;
    const auto nobody = std::make_shared<Single>(*this, false);
    send(PacketType::close, nobody, 0, [&](PacketWriter& packet) { packet.string(handle); });
}

// --- the pump ---

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

// --- the end ---

void Session::throw_ended() {
    const auto words = transport_->last_words();
    // A log-in script that prints a word or two and ends looks like the beginning of a packet.
    if (!version_ && head_have_ >= 4)
        decode_length(std::span<const std::byte, 4>(head_, 4),
                      std::span<const std::byte>(head_ + 4, std::min<std::size_t>(head_have_, 9) - 4));
    throw Error(ErrorCode::connection_lost,
                version_ ? fmt::format("{} ended the SFTP session.", target_)
                         : fmt::format("{} accepted the log-in but its SFTP server ended at once.", target_))
        .at(version_ ? "command" : "login")
        .replied(words)
        .ends_session();
}

void Session::check() const {
    if (failure_) std::rethrow_exception(failure_);
    if (closed_)
        throw Error(ErrorCode::connection_lost, fmt::format("The session with {} is closed.", target_))
            .ends_session();
}

void Session::fail(Error error) {
    if (failure_ || closed_) return;
    error.session_usable = false;
    failure_ = pointer_to(std::move(error));
    const auto waiting = std::exchange(expected_, {});
    for (const auto& [id, expected] : waiting)
        expected.taker->lost(expected.ticket);
    const auto unsent = std::exchange(outgoing_, {});
    for (const auto& one : unsent)
        if (one.sent) one.sent();
    version_came_.set();
    transport_->close();
}

void Session::close() noexcept {
    if (closed_) return;
    closed_ = true;
    try {
        const auto waiting = std::exchange(expected_, {});
        for (const auto& [id, expected] : waiting)
            expected.taker->lost(expected.ticket);
        if (!failure_) {
            // What was asked for last, such as closing a handle, still goes out if it can.
            while (!outgoing_.empty()) {
                auto& first = outgoing_.front();
                const auto sent = first.rest().empty() ? 0 : transport_->write_now(first.rest());
                first.done += sent;
                if (first.rest().empty())
                    outgoing_.pop_front();
                else if (sent == 0)
                    break;
            }
        }
        outgoing_.clear();
    } catch (const std::exception&) {
        outgoing_.clear();
    }
    transport_->close();
}

void Session::trace_sent(std::string_view line) const {
    if (observer_ != nullptr) observer_->sent(line);
}

void Session::trace_received(std::string_view line) const {
    if (observer_ != nullptr) observer_->received(line);
}

void Session::note(std::string_view text) const {
    if (observer_ != nullptr) observer_->note(text);
}

}  // namespace fairlead::sftp
