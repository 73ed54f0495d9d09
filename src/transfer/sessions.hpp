#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/event.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::transfer {

/// What is known about a place beside the way to open it.
struct PlaceFacts {
    /// Protocol, user, host, port and working directory in one text, or "local": the same place has the same
    /// text on another day. Empty: not known, and nothing about its files is remembered.
    std::string identity;
    unsigned retries = 0;  ///< how often what may succeed later is tried again
    /// What was learned about its server while resuming: false once it was seen to fail.
    bool restarts_reads = true, restarts_writes = true, appends = true;
};

/// The sessions to one place, opened when they are needed, never more than `most`, each with as many
/// operations under way as it allows (Abilities::concurrent_operations). Whoever waits is served in turn.
class Sessions {
    struct Session;

  public:
    using Opener = std::function<awaitable<std::shared_ptr<FileSystem>>()>;

    /// `place` is what is known about where they lead.
    Sessions(boost::asio::any_io_executor executor, Opener open, unsigned most, PlaceFacts place = {});
    ~Sessions();
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    /// The right to one operation (or stream, or listing) on a session. Given back when it goes.
    class Lease {
      public:
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        FileSystem& files() const;
        /// Whether others may be using the same session now.
        bool shared() const;
        /// The session must not be used any more: it is closed when its last operation ends.
        void broken();

      private:
        friend class Sessions;
        Lease(Sessions& sessions, std::shared_ptr<Session> session);
        Sessions* sessions_;
        std::shared_ptr<Session> session_;
    };

    /// Waits for its turn; opens a session if none is free and there may be more. Throws what opening throws
    /// when there is no session at all.
    awaitable<Lease> take();

    unsigned most() const noexcept { return most_; }
    PlaceFacts& place() noexcept { return place_; }
    const std::string& identity() const noexcept { return place_.identity; }
    /// Says good-bye to all sessions.
    awaitable<void> close();

  private:
    std::shared_ptr<Session> free_session();

    Opener open_;
    unsigned most_;
    PlaceFacts place_;
    unsigned opening_ = 0;
    std::list<std::shared_ptr<Session>> sessions_;
    Event changed_;
};

}  // namespace fairlead::transfer
