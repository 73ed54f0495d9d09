#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace fairlead::sftp {

/// How many requests may be in flight: grows while the answers keep coming, falls to one when they stop.
///
/// Some servers answer only a few outstanding requests and drop or hold back the others; what cannot be had
/// in parallel may still be had one by one.
class FlightLimit {
  public:
    explicit FlightLimit(unsigned first = 16, unsigned most = 64) : limit_(first), most_(most) {}

    unsigned limit() const noexcept { return limit_; }
    /// An answer came while the reader was waiting for it: more in flight may help.
    void answered() noexcept {
        if (limit_ < most_) ++limit_;
    }
    /// Nothing came for a while. False when it was down to one already: then it is not the number's fault.
    bool stalled() noexcept;

  private:
    unsigned limit_;
    unsigned most_;
};

/// Which parts of a file to ask for, and in which order the answers make the file again. Pure: it knows
/// neither buffers nor packets. Each request is a part of a piece; pieces are handed out in file order.
///
///     while (auto request = window.next_request()) send(*request);
///     window.answered(ticket, bytes) / window.ended(ticket)      as replies come, in any order
///     while (auto piece = window.next_piece()) use(*piece);      window.done() at the end
class ReadWindow {
  public:
    struct Request {
        std::uint64_t ticket;  ///< never used twice
        std::uint64_t piece;   ///< number of the piece, from 0: says which buffer
        std::uint64_t offset;  ///< in the file
        std::uint32_t at;      ///< where in the piece the bytes go
        std::uint32_t length;
    };
    struct Piece {
        std::uint64_t number;
        std::uint64_t offset;
        std::uint32_t length;  ///< what arrived; less than the piece's size before the end of the file
    };

    /// Reads from `offset` to the end. `size` is where the end is expected, if known: a hint that is never
    /// trusted. Up to it requests are put out freely, beyond it only one at a time (or `blind` many if it is
    /// not known). `piece` is the longest read.
    ReadWindow(std::uint64_t offset, std::optional<std::uint64_t> size, std::uint32_t piece,
               FlightLimit flight, unsigned blind = 2);

    /// The next request to send, if another one may be in flight. `waiting` pieces that were handed out and
    /// are not used yet count as in flight, so that memory stays bounded.
    std::optional<Request> next_request(unsigned waiting = 0);

    /// Data came: `length` bytes, at least one, at most what was asked. A short answer is asked for again.
    void answered(std::uint64_t ticket, std::uint32_t length);
    /// The server says that the file ends before this request's first byte.
    void ended(std::uint64_t ticket);
    /// The server has not answered for too long: every request in flight is given up and asked for again, one
    /// by one. False when one by one did not help either.
    bool stalled();
    /// Whether this request is still waited for; answers to others (see `stalled`) are to be dropped.
    bool expects(std::uint64_t ticket) const noexcept;

    /// The next piece in file order, if it is complete.
    std::optional<Piece> next_piece();
    /// The end was reached, proven by the server, and every piece was handed out.
    bool done() const noexcept;
    /// What the size turned out to be, or is thought to be.
    void expect_size(std::uint64_t size) { size_ = size; }

    unsigned in_flight() const noexcept { return in_flight_; }
    unsigned limit() const noexcept { return flight_.limit(); }

  private:
    struct Slot {
        std::uint64_t number;
        std::uint64_t offset;
        std::uint32_t wanted;
        std::uint32_t have = 0;
        std::uint64_t ticket = 0;  // of the request in flight, 0: none
        bool complete = false;
    };

    Slot* slot_of(std::uint64_t ticket);
    Request ask(Slot& slot);
    bool beyond_size() const noexcept { return size_ && next_offset_ >= *size_; }

    std::deque<Slot> slots_;  // in file order; the front is the next to be handed out
    FlightLimit flight_;
    std::optional<std::uint64_t> size_;
    std::optional<std::uint64_t> end_;  // where the server said that the file ends
    std::uint64_t next_offset_;
    std::uint64_t next_number_ = 0;
    std::uint64_t next_ticket_ = 1;
    std::uint32_t piece_;
    unsigned in_flight_ = 0;
    unsigned blind_;
    bool proven_beyond_ = false;  // data came from beyond the expected size: do not believe it any more
};

}  // namespace fairlead::sftp
