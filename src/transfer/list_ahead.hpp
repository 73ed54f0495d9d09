#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "base/side_task.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {

/// One directory being listed beside whoever wants its entries.
///
/// With `compact`, an entry that waits shrinks to what a transfer needs (100,000 take some 8 MB), and a
/// session that can do one thing at a time is never kept waiting for the reader. A listing that breaks off
/// before anything was taken from it is begun again, as often as the place's retries allow.
class ListAhead {
  public:
    /// `changed` is notified whenever there is news; both references must outlive this object.
    ListAhead(boost::asio::any_io_executor executor, Sessions& sessions, std::string path, bool compact,
              Event& changed);

    /// The next entries, if there are any now.
    std::vector<Entry> take();
    /// Nothing more will come but what waits.
    bool ended() const noexcept { return ended_; }
    const std::optional<Error>& failure() const noexcept { return failure_; }
    std::uint64_t left_out() const noexcept { return left_out_; }
    std::size_t waiting() const noexcept { return waiting_; }
    /// Its entries are taken now: it may wait for that. Before, it waits only on a session that others can
    /// use.
    void begin_taking();
    void cancel() { task_->cancel(); }
    /// How many things the session it uses can do at once; 1 until that is known.
    unsigned places() const noexcept { return places_; }

  private:
    struct Small {
        std::string name;
        std::optional<std::uint64_t> size;
        std::optional<Time> modified;
        TimePrecision precision;
        EntryType type;
        std::optional<std::uint32_t> mode;
        std::unique_ptr<std::string> target;  // of the few that are links
    };

    awaitable<void> run();
    awaitable<void> attempt();
    awaitable<void> read(Sessions::Lease& lease);
    void keep(std::vector<Entry> batch);

    Sessions& sessions_;
    std::string path_;
    bool compact_;
    Event& changed_;
    std::deque<std::vector<Entry>> whole_;
    std::deque<Small> small_;
    std::size_t waiting_ = 0;
    std::uint64_t left_out_ = 0;
    bool taking_ = false, taken_ = false, ended_ = false;
    bool was_dead_ = false;  // the session of the last attempt, before it was taken
    unsigned places_ = 1;
    std::optional<Error> failure_;
    std::optional<SideTask> task_;
};

}  // namespace fairlead::transfer
