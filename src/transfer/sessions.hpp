#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fairlead/file_system.hpp"
#include "transfer/journal_record.hpp"
#include "transfer/server.hpp"

namespace fairlead::transfer {

/// How many sessions in a row may turn out to have ended while they were kept (see Sessions::Lease::failed),
/// before that counts as a failure like any other.
constexpr unsigned kMostDeadSessions = 8;

/// What is known about a place beside the way to open it.
struct PlaceFacts {
    /// Protocol, user, host, port and working directory in one text, or "local": the same place has the same
    /// text on another day. Empty: not known, and nothing about its files is remembered.
    std::string identity;
    unsigned retries = 0;  ///< how often what may succeed later is tried again
    /// What was learned about its server while resuming: false once it was seen to fail.
    bool restarts_reads = true, restarts_writes = true, appends = true;
    bool takes_times = true;  ///< false once it ended the session rather than set a file's time
};

/// The sessions to one place, opened when they are needed and kept for later, each with as many operations
/// under way as it allows (Abilities::concurrent_operations). There are never more than `most`, nor more than
/// the server's budget, which all Sessions to the server share; whoever waits is served in turn. A session
/// that the server is seen to have ended is not handed out any more, and one that has been idle is asked
/// whether it still answers before it is used; one that was idle for long is closed, and so is an idle one that
/// stands in the way of another place on the same server. Nobody waits for
/// a log-in when another session becomes free meanwhile: some servers accept more connections than they
/// serve.
class Sessions {
    struct Session;
    struct Opening;

  public:
    using Opener = std::function<awaitable<std::shared_ptr<FileSystem>>()>;

    /// `server` empty: one of its own, without a limit but `most`.
    Sessions(boost::asio::any_io_executor executor, Opener open, unsigned most, PlaceFacts place = {},
             std::shared_ptr<Server> server = nullptr);
    ~Sessions();
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    /// The right to one operation (or stream, or listing) on a session. Given back when it goes. Whoever
    /// holds one of a session that can do one thing at a time must not wait for another of the same server;
    /// take_both is for that.
    class Lease {
      public:
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        FileSystem& files() const;
        /// How many operations the session can have under way at once.
        unsigned places() const;
        /// The session must not be used any more: it is closed when its last operation ends.
        void broken();
        /// Takes note of what failed with it: a session that is over is not used any more. True where that was
        /// one kept from earlier work, so that it may have ended before it was taken: then, if nothing was done
        /// with it yet, this was nobody's failed attempt.
        bool failed(const Error& failure);

      private:
        friend class Sessions;
        Lease(Sessions& sessions, std::shared_ptr<Session> session);
        Sessions* sessions_;
        std::shared_ptr<Session> session_;
    };

    /// Waits for its turn; opens a session if none is free and there may be more. Throws what opening throws
    /// when there is no session at all, after as many attempts as the server's patience allows where it says
    /// that it is busy.
    awaitable<Lease> take();

    /// A session that nobody else is using or waiting for, if there is or may be one: for what is faster with
    /// several but gets on with those it has. Nothing when it cannot be opened now, or when it is not
    /// `wanted` any more (which is asked again whenever something changes: see look_again).
    awaitable<std::optional<Lease>> take_spare(std::function<bool()> wanted);
    /// Somebody does not want any more what take_spare waits for.
    void look_again() { server_->changed(); }

    /// One of each, or none: nobody waits for the second while holding the first of the same server. Throws
    /// invalid_argument when one session is all that is configured and two are needed, and server_busy when
    /// one is all that the server grants.
    static awaitable<std::pair<Lease, Lease>> take_both(Sessions& one, Sessions& other);

    /// How many sessions there may be at once, as things stand.
    unsigned most() const noexcept;
    /// How many sessions there are, how many of them are at work, and how many are being opened.
    struct Usage {
        std::size_t open = 0, in_use = 0, opening = 0;
    };
    Usage usage() const noexcept;
    const Server& server() const noexcept { return *server_; }
    /// Whether a session has ever been opened here.
    bool reached() const noexcept { return reached_; }
    /// There may be more of them.
    void allow_more(unsigned more) noexcept { most_ += more; }
    /// How patiently a busy server is waited for.
    void set_patience(const Patience& patience) noexcept { server_->budget.set_patience(patience); }
    PlaceFacts& place() noexcept { return place_; }
    const std::string& identity() const noexcept { return place_.identity; }
    /// Says good-bye to all sessions.
    awaitable<void> close();

  private:
    std::shared_ptr<Session> free_session(const Session* besides) const;
    std::shared_ptr<Opening> begin_opening();
    void opened(Opening& opening, std::exception_ptr thrown);
    awaitable<std::optional<Lease>> open_or_find(Server::Turn& turn, const Session* besides);
    awaitable<std::optional<Lease>> obtain(Server::Turn& turn, const Session* besides = nullptr);
    awaitable<std::optional<Lease>> still_good(std::shared_ptr<Session> session);
    awaitable<bool> make_room();
    awaitable<void> retire_idle(std::chrono::steady_clock::duration longer_than, unsigned at_most);
    void forget(const std::shared_ptr<Session>& session);

    boost::asio::any_io_executor executor_;
    Opener open_;
    unsigned most_;
    PlaceFacts place_;
    std::shared_ptr<Server> server_;
    bool reached_ = false;
    std::list<std::shared_ptr<Session>> sessions_;
    std::list<std::shared_ptr<Opening>> openings_;
};

}  // namespace fairlead::transfer
