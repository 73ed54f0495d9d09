#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <memory>

#include "base/event.hpp"
#include "fairlead/file_system.hpp"
#include "transfer/server.hpp"

namespace fairlead::transfer {

/// The sessions to one place, opened when they are needed, never more than `most`, each with as many
/// operations under way as it allows (Abilities::concurrent_operations). Whoever waits is served in turn.
class Sessions {
    struct Session;

  public:
    using Opener = std::function<awaitable<std::shared_ptr<FileSystem>>()>;

    /// Where the sessions lead.
    struct Where {
        std::string identity;  ///< see identity()
        std::shared_ptr<Server>
            server;  ///< shared with other Sessions to the same one; empty: one of its own
    };

    Sessions(boost::asio::any_io_executor executor, Opener open, unsigned most, Where where = {});
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
    /// What tells this place from others, the same in every process: "sftp://user@host:22/working/directory",
    /// "local"; empty where nothing does (standard input).
    const std::string& identity() const noexcept { return identity_; }
    /// What this process has found out about the server; for reading and writing.
    Learned& learned() noexcept { return server_->learned; }
    /// Says good-bye to all sessions.
    awaitable<void> close();

  private:
    std::shared_ptr<Session> free_session();

    Opener open_;
    unsigned most_;
    std::string identity_;
    std::shared_ptr<Server> server_;
    unsigned opening_ = 0;
    std::list<std::shared_ptr<Session>> sessions_;
    Event changed_;
};

}  // namespace fairlead::transfer
