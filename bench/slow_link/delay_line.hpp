#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

/// What one direction of the link does to packets.
struct LinkShape {
    std::chrono::nanoseconds delay{25'000'000};  ///< each packet is held this long, one way
    double bytes_per_second = 0;                 ///< of the bottleneck; 0: no limit
    double loss = 0;                             ///< chance that a packet is dropped, 0 to 1
    std::size_t queue_bytes = 256u << 20;  ///< what waits (for the rate and for the delay); more is dropped
};

struct LinkCounts {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t lost = 0;        ///< by chance, as the shape asks
    std::uint64_t overflowed = 0;  ///< because the queue was full
};

/// One direction of an emulated link: packets go in with the moment they came, and are due in the same order
/// after serialisation at the bottleneck's rate and the delay. Does no I/O and reads no clock.
class DelayLine {
  public:
    using Moment = std::chrono::steady_clock::time_point;
    using Buffer = std::vector<std::byte>;

    static constexpr std::size_t kLargestPacket = 65'536 + 64;

    DelayLine(LinkShape shape, unsigned seed) : shape_(shape), random_(seed) {}

    /// Where the next packet may be read into; pass its size to `accept` when something came.
    std::span<std::byte> space() {
        if (!next_) {
            if (spare_.empty()) {
                next_ = std::make_unique<Buffer>(kLargestPacket);
            } else {
                next_ = std::move(spare_.back());
                spare_.pop_back();
            }
        }
        return *next_;
    }

    /// Takes the packet of `size` bytes that was read into `space()` at `now`.
    void accept(std::size_t size, Moment now) {
        ++counts_.packets;
        counts_.bytes += size;
        if (shape_.loss > 0 && chance_(random_) < shape_.loss) {
            ++counts_.lost;
            return;
        }
        if (waiting_bytes_ + size > shape_.queue_bytes) {
            ++counts_.overflowed;
            return;
        }
        if (shape_.bytes_per_second > 0) {
            const std::chrono::duration<double> on_the_wire(static_cast<double>(size) /
                                                            shape_.bytes_per_second);
            free_at_ =
                std::max(free_at_, now) + std::chrono::duration_cast<std::chrono::nanoseconds>(on_the_wire);
        } else {
            free_at_ = now;
        }
        waiting_bytes_ += size;
        waiting_.push_back({free_at_ + shape_.delay, size, std::move(next_)});
    }

    /// When the next packet is due.
    std::optional<Moment> next_due() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.front().due;
    }

    /// The packet that is due first, if that is not later than `now`; `pop` when it was sent.
    std::optional<std::span<const std::byte>> front(Moment now) const {
        if (waiting_.empty() || waiting_.front().due > now) return std::nullopt;
        return std::span<const std::byte>(*waiting_.front().bytes).first(waiting_.front().size);
    }

    void pop() {
        waiting_bytes_ -= waiting_.front().size;
        spare_.push_back(std::move(waiting_.front().bytes));
        waiting_.pop_front();
    }

    const LinkCounts& counts() const { return counts_; }

  private:
    struct Packet {
        Moment due;
        std::size_t size;
        std::unique_ptr<Buffer> bytes;
    };

    LinkShape shape_;
    std::minstd_rand random_;
    std::uniform_real_distribution<double> chance_{0, 1};
    std::deque<Packet> waiting_;
    std::size_t waiting_bytes_ = 0;
    Moment free_at_{};
    std::unique_ptr<Buffer> next_;
    std::vector<std::unique_ptr<Buffer>> spare_;  ///< last in, first out: the warmest memory is used again
    LinkCounts counts_;
};
