#include "support/cut_pipe.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace fairlead::test {
namespace {

constexpr std::chrono::milliseconds kSlice{
    10};  ///< a slowed pipe passes what belongs to one of these, then rests

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

CutPipe::State CutPipe::step(Clock::time_point now) {
    if (write_out() == State::broken) return State::broken;
    if (!at_cut() && wants_read(now)) {
        if (read_in(now) == State::broken || write_out() == State::broken) return State::broken;
    }
    if (at_cut()) {
        cut_done_ = true;
        if (cut_->kind == Cut::Kind::stall) stalled_ = true;
        if (cut_->kind == Cut::Kind::slow) slowed_ = true;
        return State::cut;
    }
    if (!is_ended()) return State::passing;
    if (!told_end_) {
        told_end_ = true;
        if (!swallowing_) ::shutdown(to_, SHUT_WR);
    }
    return State::ended;
}

void CutPipe::finish() {
    swallowing_ = true;
    begin_ = end_ = 0;
    ::shutdown(to_, SHUT_WR);
}

bool CutPipe::wants_read(Clock::time_point now) const {
    return !sender_ended_ && !stalled_ && begin_ == end_ && (!slowed_ || now >= resting_until_);
}

std::optional<CutPipe::Clock::time_point> CutPipe::next_read() const {
    if (!slowed_ || sender_ended_) return std::nullopt;
    return resting_until_;
}

std::size_t CutPipe::may_read() const {
    if (slowed_) return std::max<std::size_t>(1, cut_->bytes_per_second * kSlice.count() / 1000);
    if (!cut_ || cut_done_) return buffer_.size();
    return static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), cut_->offset - passed_));
}

CutPipe::State CutPipe::read_in(Clock::time_point now) {
    const auto got = ::recv(from_, buffer_.data(), std::min(may_read(), buffer_.size()), 0);
    if (got < 0) return would_block() ? State::passing : State::broken;
    if (got == 0) sender_ended_ = true;
    if (slowed_)
        resting_until_ = now + std::max<Clock::duration>(kSlice, got * std::chrono::seconds(1) /
                                                                     std::max(1u, cut_->bytes_per_second));
    if (listener_) listener_({buffer_.data(), static_cast<std::size_t>(got)});
    if (!swallowing_) {
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
    }
    return State::passing;
}

CutPipe::State CutPipe::write_out() {
    while (begin_ < end_) {
        const auto sent = ::send(to_, buffer_.data() + begin_, end_ - begin_, MSG_NOSIGNAL);
        if (sent < 0) return would_block() ? State::passing : State::broken;
        begin_ += static_cast<std::size_t>(sent);
        passed_ += static_cast<std::uint64_t>(sent);
    }
    return State::passing;
}

}  // namespace fairlead::test
