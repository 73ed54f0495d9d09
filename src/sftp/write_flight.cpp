#include "sftp/write_flight.hpp"

#include <fmt/format.h>

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
    const auto ticket = next_ticket_++;
    opens_.emplace(ticket, lane);
    session->trace_sent(fmt::format("OPEN {} (write, one more channel)", path_));
    session->send(PacketType::open, shared_from_this(), ticket,
                  [&](PacketWriter& packet) { packet.string(path_).u32(kOpenWrite).attributes({}); });
    lanes_.push_back(std::move(lane));
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

void WriteFlight::close_further_lanes() {
    ending_ = true;
    for (std::size_t i = 1; i < lanes_.size(); ++i) {
        const auto& lane = lanes_[i];
        if (lane->handle.empty()) continue;
        const auto ticket = next_ticket_++;
        closes_.emplace(ticket, lane);
        lane->session->send(PacketType::close, shared_from_this(), ticket,
                            [&](PacketWriter& packet) { packet.string(lane->handle); });
    }
}

void WriteFlight::give_up() {
    const bool told = std::exchange(ending_, true);  // CLOSE has been sent to the further ones
    for (std::size_t i = 0; i < lanes_.size(); ++i)
        if (!lanes_[i]->handle.empty() && (i == 0 || !told))
            lanes_[i]->session->close_handle(lanes_[i]->handle);
}

std::uint64_t WriteFlight::settled(std::uint64_t next) const noexcept {
    return writes_.empty() ? next : writes_.begin()->second.offset;
}

Clock::time_point WriteFlight::last_heard() const noexcept {
    auto latest = lanes_.front()->session->last_heard();
    for (const auto& lane : lanes_)
        latest = std::max(latest, lane->session->last_heard());
    return latest;
}

void WriteFlight::took_reply(std::uint64_t ticket, Reply reply) {
    if (const auto opened = opens_.extract(ticket)) {
        took_handle(opened.mapped(), reply);
    } else if (closes_.erase(ticket) != 0) {
        took_close(reply);
    } else if (const auto written = writes_.extract(ticket)) {
        --written.mapped().lane->in_flight;
        took_status(written.mapped().offset, reply);
    }
    changed.set();
}

void WriteFlight::took_handle(const std::shared_ptr<Lane>& lane, const Reply& reply) {
    if (reply.type != PacketType::handle) return;  // then not over this one
    try {
        lane->handle = decode_handle(reply.body);
        if (ending_) lane->session->close_handle(lane->handle);
    } catch (const Error&) {
        lane->handle.clear();
    }
}

void WriteFlight::took_close(const Reply& reply) {
    try {
        const auto status = reply.status();
        if (reply.is_status() && status.code == kOk) return;
        fail(kAfterTheLastByte, status_error(status, fmt::format("Closing '{}' after writing it", path_),
                                             path_, ErrorCode::incomplete));
    } catch (const Error& error) {
        fail(kAfterTheLastByte, error);
    }
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
    const auto written = writes_.find(ticket);
    const auto closed = closes_.find(ticket);
    // What breaks the stream's own session is known to whoever waits.
    if (written != writes_.end() && written->second.lane != lanes_.front())
        fail(written->second.offset, broken(*written->second.lane));
    else if (closed != closes_.end())
        fail(kAfterTheLastByte, broken(*closed->second));
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
