#include "net/rate_limit.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <map>

namespace fairlead::net {
namespace asio = boost::asio;
namespace {

using Clock = TokenBucket::Clock;

constexpr std::uint64_t kSmallestPiece = 16 * 1024;  // less costs more than it smooths
constexpr std::uint64_t kPiecesPerSecond = 20;
constexpr std::chrono::seconds kLook(1);           // between two looks at the timetable
constexpr std::chrono::milliseconds kShortest(1);  // a timer for less would be late anyway

Time time_of_day() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

awaitable<void> pause(Clock::duration length) {
    asio::steady_timer timer(co_await asio::this_coro::executor, length);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

RateLimit::RateLimit(RateSchedule schedule) : schedule_(std::move(schedule)), bucket_(Clock::now()) {}

std::shared_ptr<RateLimit> RateLimit::shared(const std::string& key, RateSchedule schedule) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<RateLimit>> all;
    const std::lock_guard lock(mutex);
    auto& known = all[key];
    auto limit = known.lock();
    if (!limit) {
        known = limit = std::make_shared<RateLimit>(std::move(schedule));
        return limit;
    }
    const std::lock_guard changing(limit->mutex_);
    limit->schedule_ = std::move(schedule);
    limit->next_look_ = {};
    return limit;
}

void RateLimit::apply_schedule(Clock::time_point now) {
    if (now < next_look_) return;
    next_look_ = now + kLook;
    bucket_.set_rate(schedule_.at(time_of_day()), now);
}

void RateLimits::add(std::shared_ptr<RateLimit> limit) {
    if (limit && std::ranges::find(limits_, limit) == limits_.end()) limits_.push_back(std::move(limit));
}

std::uint64_t RateLimits::piece() const {
    auto most = std::numeric_limits<std::uint64_t>::max();
    for (const auto& limit : limits_) {
        const std::lock_guard lock(limit->mutex_);
        limit->apply_schedule(Clock::now());
        if (const auto rate = limit->bucket_.rate()) most = std::min(most, *rate / kPiecesPerSecond);
    }
    return std::max(most, kSmallestPiece);
}

awaitable<void> RateLimits::moved(std::uint64_t bytes) const {
    std::vector<double> receipts;
    for (const auto& limit : limits_) {
        const std::lock_guard lock(limit->mutex_);
        const auto now = Clock::now();
        limit->apply_schedule(now);
        receipts.push_back(limit->bucket_.enter(bytes, now));
    }
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        auto& limit = *limits_[i];
        for (;;) {
            Clock::duration wait{};
            {
                const std::lock_guard lock(limit.mutex_);
                const auto now = Clock::now();
                limit.apply_schedule(now);
                wait = limit.bucket_.wait(receipts[i], now);
            }
            if (wait < kShortest) break;
            co_await pause(std::min<Clock::duration>(wait, kLook));
        }
    }
}

}  // namespace fairlead::net
