#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sftp/request_window.hpp"
#include "sftp/session.hpp"
#include "sftp/signal.hpp"

namespace fairlead::sftp {

/// What is under way of one file being written: WRITEs over its lanes, one lane for each conversation that
/// has a handle of the file. Lives as long as a reply may come, even if the stream is gone.
class WriteFlight final : public ReplyTaker, public std::enable_shared_from_this<WriteFlight> {
  public:
    struct Lane {
        std::shared_ptr<Session> session;
        std::string handle;      ///< empty until the server gave one
        unsigned unsent = 0;     ///< WRITEs that wait for the channel
        unsigned in_flight = 0;  ///< WRITEs without an answer, these included
    };

    /// The first lane is the stream's own; its handle is closed by the stream.
    WriteFlight(const boost::asio::any_io_executor& executor, std::string path,
                std::shared_ptr<Session> session, std::string handle);

    /// Asks for a handle on another conversation, unless that is one of the lanes already. A refusal only
    /// means that there is no such lane.
    void add_lane(const std::shared_ptr<Session>& session);
    /// How many lanes can be used.
    std::size_t open_lanes() const noexcept;
    /// The lane with the least to do, if any has fewer than `most` WRITEs unsent.
    std::shared_ptr<Lane> free_lane(unsigned most) const noexcept;

    /// `bytes` must stay as they are until `sent` is called.
    void write(const std::shared_ptr<Lane>& lane, std::uint64_t offset, std::span<const std::byte> bytes,
               std::function<void()> sent);
    /// Makes the file durable, if `sync`, closes it on all lanes and asks for its size, all in one breath
    /// behind what is under way on the first lane; what is under way on others must have been answered.
    void end(bool sync);
    /// Closes all handles, whatever comes of it. Nothing else may be called then.
    void give_up();

    std::size_t in_flight() const noexcept { return writes_.size(); }
    /// Whether all that was asked for, `end` included, has its answer.
    bool settled() const noexcept { return writes_.empty() && asked_.empty(); }
    /// What the server told after the end; absent where that was no size of a file.
    std::optional<std::uint64_t> final_size() const noexcept { return final_size_; }
    /// Everything before this offset is acknowledged; `next` is the one that would be sent next.
    std::uint64_t acknowledged(std::uint64_t next) const noexcept;
    /// The same, also after a failure: what came before the first that failed.
    std::uint64_t settled(std::uint64_t next) const noexcept;
    /// When the server last gave a sign of life, on any lane.
    Clock::time_point last_heard() const noexcept;

    std::span<std::byte> room_for(std::uint64_t, std::uint32_t) override { return {}; }
    void took_data(std::uint64_t ticket, std::uint32_t) override {
        took_reply(ticket, {PacketType::data, {}});
    }
    void took_reply(std::uint64_t ticket, Reply reply) override;
    void lost(std::uint64_t ticket) override;

    FlightLimit limit;
    Signal changed;
    std::optional<Error> failure;  ///< of the lowest offset
    bool undecided = false;        ///< the server only said that it failed

  private:
    struct Write {
        std::uint64_t offset;
        std::shared_ptr<Lane> lane;
    };
    enum class Question { handle, sync, close, size };
    struct Asked {
        Question what;
        std::shared_ptr<Lane> lane;
    };

    void ask(Question what, PacketType type, const std::shared_ptr<Lane>& lane, const Session::Fill& fill);
    void took_answer(const Asked& asked, const Reply& reply);
    void fail(std::uint64_t offset, Error error);
    Error broken(const Lane& lane) const;
    void took_handle(const std::shared_ptr<Lane>& lane, const Reply& reply);
    void took_size(const Reply& reply);
    void took_end(Question what, const Reply& reply);
    void took_status(std::uint64_t offset, const Reply& reply);

    std::string path_;
    std::vector<std::shared_ptr<Lane>> lanes_;
    std::uint64_t next_ticket_ = 1;
    std::map<std::uint64_t, Write> writes_;  // by ticket, which is the order of their offsets too
    std::map<std::uint64_t, Asked> asked_;   // by ticket
    std::optional<std::uint64_t> final_size_;
    std::uint64_t failed_at_ = 0;
    bool ending_ = false;  // a handle that comes now is not wanted any more
};

}  // namespace fairlead::sftp
