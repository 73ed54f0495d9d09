#include "sftp/write_flight.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace fairlead::sftp {
namespace {
constexpr auto kAfterTheLastByte = std::numeric_limits<std::uint64_t>::max();
}

WriteFlight::WriteFlight(const boost::asio::any_io_executor& executor, std::string path,
                         std::shared_ptr<Session> session, std::string handle)
    : changed(executor), path_(std::move(path)) {
    auto lane = std::make_shared<Lane>();
    lane->session = std::move(session);
    lane->handle = std::move(handle);
    lanes_.push_back(std::move(lane));
}

void WriteFlight::add_lane(const std::shared_ptr<Session>& session) {
    const auto known =
        std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return lane->session == session; });
    if (known || ending_ || session->failure()) return;
    auto lane = std::make_shared<Lane>();
    lane->session = session;
    session->trace_sent(fmt::format("OPEN {} (write, one more channel)", path_));
    ask(Question::handle, PacketType::open, lane,
        [&](PacketWriter& packet) { packet.string(path_).u32(kOpenWrite).attributes({}); });
    lanes_.push_back(std::move(lane));
}

void WriteFlight::ask(Question what, PacketType type, const std::shared_ptr<Lane>& lane,
                      const Session::Fill& fill) {
    const auto ticket = next_ticket_++;
    asked_.emplace(ticket, Asked{what, lane});
    lane->session->send(type, shared_from_this(), ticket, fill);
}

std::size_t WriteFlight::open_lanes() const noexcept {
    return static_cast<std::size_t>(std::count_if(lanes_.begin(), lanes_.end(), [](const auto& lane) {
        return !lane->handle.empty() && !lane->session->failure();
    }));
}

std::shared_ptr<WriteFlight::Lane> WriteFlight::free_lane(unsigned most) const noexcept {
    std::shared_ptr<Lane> best;
    for (const auto& lane : lanes_)
        if (!lane->handle.empty() && !lane->session->failure() && lane->unsent < most &&
            (!best || std::pair(lane->unsent, lane->in_flight) < std::pair(best->unsent, best->in_flight)))
            best = lane;
    return best;
}

void WriteFlight::write(const std::shared_ptr<Lane>& lane, std::uint64_t offset,
                        std::span<const std::byte> bytes, std::function<void()> sent) {
    const auto ticket = next_ticket_++;
    writes_.emplace(ticket, Write{offset, lane});
    ++lane->unsent;
    ++lane->in_flight;
    lane->session->send_with(
        PacketType::write, shared_from_this(), ticket,
        [&](PacketWriter& packet) {
            packet.string(lane->handle).u64(offset).u32(static_cast<std::uint32_t>(bytes.size()));
        },
        bytes,
        [self = shared_from_this(), lane, told = std::move(sent)] {
            --lane->unsent;
            told();
            self->changed.set();
        });
}

void WriteFlight::end(bool sync) {
    ending_ = true;
    const auto& first = lanes_.front();
    auto& session = *first->session;
    if (sync) {
        session.trace_sent(fmt::format("EXTENDED fsync@openssh.com {}", path_));
        ask(Question::sync, PacketType::extended, first,
            [&](PacketWriter& packet) { packet.string("fsync@openssh.com").string(first->handle); });
    }
    session.trace_sent(fmt::format("CLOSE {}", path_));
    for (const auto& lane : lanes_)
        if (!lane->handle.empty() && !lane->session->failure())
            ask(Question::close, PacketType::close, lane,
                [&](PacketWriter& packet) { packet.string(lane->handle); });
    session.trace_sent(fmt::format("LSTAT {}", path_));
    ask(Question::size, PacketType::lstat, first, [&](PacketWriter& packet) { packet.string(path_); });
}

void WriteFlight::give_up() {
    if (std::exchange(ending_, true)) return;  // they are closed, or about to be
    for (const auto& lane : lanes_)
        if (!lane->handle.empty()) lane->session->close_handle(lane->handle);
}

std::uint64_t WriteFlight::acknowledged(std::uint64_t next) const noexcept {
    return writes_.empty() ? next : writes_.begin()->second.offset;
}

std::uint64_t WriteFlight::settled(std::uint64_t next) const noexcept {
    const auto sure = acknowledged(next);
    return failure ? std::min(sure, failed_at_) : sure;
}

Clock::time_point WriteFlight::last_heard() const noexcept {
    auto latest = lanes_.front()->session->last_heard();
    for (const auto& lane : lanes_)
        latest = std::max(latest, lane->session->last_heard());
    return latest;
}

void WriteFlight::took_reply(std::uint64_t ticket, Reply reply) {
    if (const auto asked = asked_.extract(ticket)) {
        took_answer(asked.mapped(), reply);
    } else if (const auto written = writes_.extract(ticket)) {
        --written.mapped().lane->in_flight;
        took_status(written.mapped().offset, reply);
    }
    changed.set();
}

void WriteFlight::took_handle(const std::shared_ptr<Lane>& lane, const Reply& reply) {
    if (reply.type != PacketType::handle) return;  // then not over this one
    auto handle = decode_handle(reply.body);
    if (ending_)
        lane->session->close_handle(handle);
    else
        lane->handle = std::move(handle);
}

void WriteFlight::took_answer(const Asked& asked, const Reply& reply) {
    try {
        switch (asked.what) {
            case Question::handle:
                return took_handle(asked.lane, reply);
            case Question::size:
                return took_size(reply);
            case Question::sync:
            case Question::close:
                return took_end(asked.what, reply);
        }
    } catch (const Error& error) {
        fail(kAfterTheLastByte, error);
    }
}

void WriteFlight::took_size(const Reply& reply) {
    if (reply.type != PacketType::attrs) return;
    const auto facts = decode_attributes(reply.body);
    if (S_ISREG(facts.permissions.value_or(0))) final_size_ = facts.size;
}

void WriteFlight::took_end(Question what, const Reply& reply) {
    if (!reply.is_status())
        throw Error(ErrorCode::protocol_error, "The server answered the end of a file with something else.")
            .on(path_);
    const auto status = reply.status();
    // A server that takes its fsync back is one without; anything else means that the bytes are not safe.
    if (status.code == kOk || (what == Question::sync && status.code == kUnsupported)) return;
    const auto doing = what == Question::sync ? fmt::format("Making '{}' durable", path_)
                                              : fmt::format("Closing '{}' after writing it", path_);
    throw status_error(status, doing, path_, ErrorCode::incomplete);
}

void WriteFlight::took_status(std::uint64_t offset, const Reply& reply) {
    try {
        const auto status = reply.status();
        if (!reply.is_status())
            fail(offset, Error(ErrorCode::protocol_error, "The server answered a WRITE with something else.")
                             .on(path_));
        else if (status.code == kOk)
            limit.answered();
        else
            fail(offset, status_error(status, fmt::format("Writing '{}' at byte {}", path_, offset), path_));
        undecided |= reply.is_status() && status.code != kOk && !code_of(status);
    } catch (const Error& error) {
        fail(offset, error);
    }
}

void WriteFlight::lost(std::uint64_t ticket) {
    if (const auto written = writes_.extract(ticket)) {
        --written.mapped().lane->in_flight;
        fail(written.mapped().offset, broken(*written.mapped().lane));
    } else if (const auto asked = asked_.extract(ticket)) {
        // The size can be asked for elsewhere, and a lane without a handle is no lane.
        if (asked.mapped().what == Question::close || asked.mapped().what == Question::sync)
            fail(kAfterTheLastByte, broken(*asked.mapped().lane));
    }
    changed.set();
}

Error WriteFlight::broken(const Lane& lane) const {
    try {
        lane.session->check();
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorCode::connection_lost,
                 fmt::format("A channel that carried a part of '{}' broke.", path_))
        .on(path_);
}

void WriteFlight::fail(std::uint64_t offset, Error error) {
    if (failure && offset >= failed_at_) return;
    failed_at_ = offset;
    failure = std::move(error);
}

}  // namespace fairlead::sftp
