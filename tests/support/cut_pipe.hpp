#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "support/cut_proxy.hpp"

namespace fairlead::test {

/// One way of a proxied connection: moves bytes between two non-blocking sockets up to the byte where its cut
/// is.
class CutPipe {
  public:
    using Clock = std::chrono::steady_clock;

    /// What became of the connection by the last step.
    enum class State {
        passing,
        cut,     ///< the cut's byte is reached; said once
        ended,   ///< the sender has ended, and the receiver was told
        broken,  ///< one of the two sockets is dead
    };

    CutPipe(int from, int to) : from_(from), to_(to) {}

    void cut_at(const Cut& cut) { cut_ = cut; }
    /// Shows every piece before it is passed on.
    void listen(std::function<void(std::string_view)> listener) { listener_ = std::move(listener); }

    /// Moves what can be moved at `now`.
    State step(Clock::time_point now);
    /// From now on swallows what the sender still sends; the receiver gets FIN at once.
    void finish();

    bool wants_read(Clock::time_point now) const;
    bool wants_write() const { return begin_ < end_; }
    bool is_ended() const { return sender_ended_ && begin_ == end_; }
    /// When a slowed pipe may read again.
    std::optional<Clock::time_point> next_read() const;
    std::uint64_t passed() const { return passed_; }

  private:
    State write_out();
    State read_in(Clock::time_point now);
    bool at_cut() const { return cut_ && !cut_done_ && passed_ == cut_->offset && begin_ == end_; }
    std::size_t may_read() const;

    int from_;
    int to_;
    std::optional<Cut> cut_;
    std::function<void(std::string_view)> listener_;
    bool cut_done_ = false;
    bool stalled_ = false;
    bool swallowing_ = false;
    bool sender_ended_ = false;
    bool told_end_ = false;
    bool slowed_ = false;
    Clock::time_point resting_until_{};
    std::uint64_t passed_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::array<char, 65'536> buffer_;
};

}  // namespace fairlead::test
