#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/rate_schedule.hpp"
#include "fairlead/file_system.hpp"
#include "net/token_bucket.hpp"

namespace fairlead::net {

/// A bandwidth limit that everything which holds it keeps together. Threads: may be shared by several.
class RateLimit {
  public:
    explicit RateLimit(RateSchedule schedule);

    /// The one that everything in this process with the same key keeps, such as a connection's id; made when
    /// it is first asked for, gone when nobody holds it. The schedule that was given last holds.
    static std::shared_ptr<RateLimit> shared(const std::string& key, RateSchedule schedule);

  private:
    friend class RateLimits;
    void apply_schedule(TokenBucket::Clock::time_point now);  // the caller holds the mutex

    std::mutex mutex_;
    RateSchedule schedule_;
    TokenBucket bucket_;
    TokenBucket::Clock::time_point next_look_{};
};

/// The limits that hold for one stream of bytes. The lowest of them decides.
class RateLimits {
  public:
    /// Null, and one that is there already, add nothing.
    void add(std::shared_ptr<RateLimit> limit);
    bool none() const noexcept { return limits_.empty(); }

    /// How many bytes to move at most before calling `moved`, so that they flow rather than come in bursts.
    std::uint64_t piece() const;
    /// Says that bytes have moved, and waits until more may.
    awaitable<void> moved(std::uint64_t bytes) const;

  private:
    std::vector<std::shared_ptr<RateLimit>> limits_;
};

}  // namespace fairlead::net
