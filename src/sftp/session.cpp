#include "sftp/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/timed_socket.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;

namespace {

// Requests that leave together: longer would only make the first of them wait.
constexpr std::size_t kBatch = 32 * 1024;

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
        came_at_ = session_.last_heard();
        came_.set();
    }
    void lost(std::uint64_t) override { came_.set(); }

    std::optional<Reply> reply_;
    Clock::time_point came_at_;
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

FlightLimit Session::reads_in_flight() const noexcept {
    if (one_by_one_) return FlightLimit(1, 1);
    constexpr std::int64_t kMebibyte = 1024 * 1024;
    const auto bytes = std::min<std::int64_t>(2 + round_trip().count() / 1000, 16) * kMebibyte;
    const auto most = std::clamp<std::int64_t>(bytes / limits_.read_length, 4, 64);
    return FlightLimit(static_cast<unsigned>(std::min<std::int64_t>(most, 16)), static_cast<unsigned>(most));
}

Bytes& Session::small_packets() {
    if (outgoing_.empty() || !outgoing_.back().borrowed.empty() || outgoing_.back().owned.size() >= kBatch)
        outgoing_.emplace_back();
    return outgoing_.back().owned;
}

std::uint32_t Session::expect(PacketType request, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket) {
    while (expected_.contains(next_id_))
        ++next_id_;
    const auto id = next_id_++;
    expected_.emplace(id, Expected{std::move(taker), ticket, request});
    return id;
}

void Session::send(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket,
                   const Fill& fill) {
    check();
    const auto id = expect(type, std::move(taker), ticket);
    PacketWriter packet(small_packets(), type, id);
    fill(packet);
    packet.end();
    schedule_flush();
}

void Session::send_with(PacketType type, std::shared_ptr<ReplyTaker> taker, std::uint64_t ticket,
                        const Fill& fill, std::span<const std::byte> payload, std::function<void()> sent) {
    check();
    const auto id = expect(type, std::move(taker), ticket);
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
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(single->came_at_ - sent_at);
    round_trip_ = std::min(round_trip_.value_or(took), took);
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

void Session::check() const {
    if (failure_) std::rethrow_exception(failure_);
    if (closed_)
        throw Error(ErrorCode::connection_lost, fmt::format("The session with {} is closed.", target_))
            .ends_session();
}

void Session::fail(Error error) {
    if (failure_ || closed_) return;
    error.session_usable = can_be_followed_;
    failure_ = pointer_to(std::move(error));
    const auto waiting = std::exchange(expected_, {});
    ended_among_reads_ = std::count_if(waiting.begin(), waiting.end(), [](const auto& one) {
                             return one.second.request == PacketType::read;
                         }) > 1;
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
