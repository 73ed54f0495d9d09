#include "transfer/move_bytes.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/fault_point.hpp"
#include "net/process_limit.hpp"

namespace fairlead::transfer {
namespace asio = boost::asio;
namespace {

constexpr std::uint64_t kFileSlice =
    4 * 1024 * 1024;  // between two reports of progress while the transport reads
constexpr std::uint64_t kTurn = 16 * 1024 * 1024;  // moved between two turns of the loop for others

/// Between two local files nothing ever waits, so the loop (signals, other transfers) must be let in now and
/// then.
class Turns {
  public:
    awaitable<void> moved(std::uint64_t bytes) {
        since_ += bytes;
        if (since_ < kTurn) co_return;
        since_ = 0;
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
    }

  private:
    std::uint64_t since_ = 0;
};

awaitable<void> send_file(ReadStream& from, WriteStream& to, Progress* progress,
                          const net::RateLimits& limits, std::uint64_t offset, std::uint64_t& moved,
                          std::uint64_t until) {
    // The size at the beginning is what is promised to the other side. What is added meanwhile is not sent;
    // the caller sees that the source changed.
    const auto size = std::min(from.announced_size().value_or(0), until);
    std::uint64_t sent = offset;
    Turns turns;
    while (sent < size) {
        const auto slice = std::min({kFileSlice, size - sent, limits.piece()});
        const auto done = co_await to.write_from(from.descriptor(), sent, slice);
        sent += done;
        moved += done;
        FAIRLEAD_FAULT_POINT("bytes.sent_from_file");
        if (progress != nullptr) progress->moved(done);
        if (done < slice) break;  // it has become shorter
        if (!limits.none()) co_await limits.moved(done);
        co_await turns.moved(done);
    }
}

/// The kernel hands the bytes on, and the disk works beside the network.
awaitable<void> through_pipes(ReadStream& from, WriteStream& to, int pipe, Progress* progress,
                              const net::RateLimits& limits, std::uint64_t& moved, std::uint64_t most) {
    const auto before = moved;
    while (moved - before < most) {
        const auto got = co_await from.read_to_pipe(pipe);
        if (got == 0) co_return;
        moved += got;
        FAIRLEAD_FAULT_POINT("bytes.through_pipe");
        if (progress != nullptr) progress->moved(got);
        if (!limits.none()) co_await limits.moved(got);
        pipe = co_await to.take_pipe();
    }
}

/// The next bytes, read to where they need not be copied from if there is such a place and they are written
/// in one go.
awaitable<std::span<const std::byte>> next_piece(ReadStream& from, WriteStream& to, bool in_one_go) {
    if (in_one_go && from.can_read_into()) {
        const auto room = co_await to.room();
        if (!room.empty()) {
            const auto got = co_await from.read_into(room);
            co_return room.first(got);
        }
    }
    co_return co_await from.read();
}

/// Bytes that are here already, at the pace of the limits.
awaitable<void> write_slowly(WriteStream& to, std::span<const std::byte> bytes, Progress* progress,
                             const net::RateLimits& limits) {
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min<std::uint64_t>(bytes.size(), limits.piece()));
        co_await to.write(piece);
        if (progress != nullptr) progress->moved(piece.size());
        co_await limits.moved(piece.size());
        bytes = bytes.subspan(piece.size());
    }
}

}  // namespace

awaitable<void> move_bytes(ReadStream& from, WriteStream& to, Digest* digest, Progress* progress,
                           const net::RateLimits& own_limits, std::uint64_t offset, std::uint64_t& moved,
                           std::uint64_t until, bool exactly) {
    auto limits = own_limits;
    limits.add(net::process_limit());
    if (from.descriptor() >= 0 && to.can_send_file() && digest == nullptr)
        co_return co_await send_file(from, to, progress, limits, offset, moved, until);
    auto left = until - std::min(until, offset);
    if (from.can_read_to_pipe() && digest == nullptr)
        if (const int pipe = co_await to.take_pipe(); pipe >= 0)
            co_return co_await through_pipes(from, to, pipe, progress, limits, moved, left);
    Turns turns;
    while (left > 0) {
        auto piece = co_await next_piece(from, to, limits.none());
        if (piece.empty()) break;
        const auto ours = std::min<std::uint64_t>(piece.size(), left);
        if (exactly) piece = piece.first(static_cast<std::size_t>(ours));
        left -= ours;
        if (digest != nullptr) digest->add(piece);
        if (limits.none()) {
            co_await to.write(piece);
            if (progress != nullptr) progress->moved(piece.size());
        } else {
            co_await write_slowly(to, piece, progress, limits);
        }
        moved += piece.size();
        FAIRLEAD_FAULT_POINT("bytes.written");
        co_await turns.moved(piece.size());
    }
}

}  // namespace fairlead::transfer
