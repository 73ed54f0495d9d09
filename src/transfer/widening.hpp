#pragma once

#include <chrono>
#include <cstdint>

namespace fairlead::transfer {

/// Decides, from what is measured while a large file moves, over how many streams it should move: one, as
/// long as that is all the link or this machine gives; more, where each waits for a long way (its window is
/// full and the answer not here yet). It is tried and kept only if it gains. Values and arithmetic; no clock
/// of its own.
class Widening {
  public:
    using Seconds = std::chrono::duration<double>;

    /// `opening` is how long it took to open the source: at least one round trip. Over a short way nothing is
    /// ever tried. `most` streams at most.
    Widening(Seconds opening, unsigned most);

    /// What was seen since the last look.
    struct Sample {
        std::uint64_t bytes = 0;
        Seconds time{};
        double cpu = 0;          ///< of this process, as a part of one core
        std::uint64_t left = 0;  ///< bytes of the file
        unsigned streams = 1;    ///< that move something now
        unsigned possible = 1;   ///< how many there could be: some may not have got a session
    };
    /// How many streams there should be from now on.
    unsigned look(const Sample& sample);

    /// How long to look away: long enough for a stream to come to its pace.
    std::chrono::milliseconds interval() const noexcept { return interval_; }
    /// Nothing will change any more.
    bool is_settled() const noexcept { return settled_; }

  private:
    unsigned widen(const Sample& sample, double rate);

    unsigned most_, wanted_ = 1;
    std::chrono::milliseconds interval_;
    bool settled_;
    double before_ = 0;  // rate at the last look
    double base_ = 0;    // rate with the streams before the last step; 0: there was none
};

}  // namespace fairlead::transfer
