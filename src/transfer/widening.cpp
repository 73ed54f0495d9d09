#include "transfer/widening.hpp"

#include <algorithm>

namespace fairlead::transfer {
namespace {

using std::chrono::milliseconds;
constexpr Widening::Seconds kLongWay(0.010);  // a shorter one does not keep a stream waiting
constexpr milliseconds kShortLook(200), kLongLook(1000);
constexpr double kStillGrowing = 1.2;  // from one look to the next
constexpr double kWorthIt = 1.15;      // so much more with more streams
constexpr double kBusy = 0.7;          // then it is this machine that others wait for
constexpr double kWorthALogIn = 1.5;   // seconds that are left

milliseconds look_after(Widening::Seconds opening) {
    return std::clamp(std::chrono::duration_cast<milliseconds>(2 * opening), kShortLook, kLongLook);
}

}  // namespace

Widening::Widening(Seconds opening, unsigned most)
    : most_(most), interval_(look_after(opening)), settled_(opening < kLongWay || most < 2) {}

unsigned Widening::look(const Sample& sample) {
    wanted_ = std::min(wanted_, std::max(1u, sample.possible));
    most_ = std::min(most_, std::max(1u, sample.possible));
    if (settled_ || sample.time <= Seconds(0)) return wanted_;
    const double rate = static_cast<double>(sample.bytes) / sample.time.count();
    const bool grows = rate > before_ * kStillGrowing;
    before_ = rate;
    if (sample.streams < wanted_ || grows || sample.bytes == 0) return wanted_;  // not at its pace yet
    return widen(sample, rate);
}

unsigned Widening::widen(const Sample& sample, double rate) {
    const bool gained = base_ == 0 || rate >= base_ * kWorthIt;
    const bool worth = static_cast<double>(sample.left) / rate > kWorthALogIn;
    settled_ = !gained || !worth || sample.cpu > kBusy || wanted_ >= most_;
    if (settled_) return wanted_;
    base_ = rate;
    before_ = 0;  // the new ones begin slowly
    wanted_ = std::min(most_, 2 * wanted_);
    return wanted_;
}

}  // namespace fairlead::transfer
