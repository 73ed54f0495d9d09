#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/event.hpp"
#include "transfer/session_budget.hpp"

namespace fairlead::transfer {

class Sessions;

/// One server and one user of it, as this process knows them: the budget of sessions that all Sessions to it
/// share, and the line in which everybody waits for one. For one single-threaded executor, on which all
/// sessions to the server live.
class Server {
  public:
    Server(boost::asio::any_io_executor executor, unsigned most_sessions, Patience patience = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    SessionBudget budget;
    /// What time it is, for tests to say.
    std::function<SessionBudget::Moment()> clock = std::chrono::steady_clock::now;

    /// A place in the line. Whoever is first takes what there is; nobody overtakes.
    class Turn {
      public:
        explicit Turn(Server& server);
        ~Turn() { leave(); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        /// Until it is our turn and something has changed. Throws Error{cancelled}.
        awaitable<void> wait();
        bool is_first() const;
        /// Whether nobody who is in the line came before; also after `leave`.
        bool is_due() const;
        /// Lets the others pass meanwhile; `enter` comes back to the old place.
        void leave();
        void enter();

      private:
        Server& server_;
        std::uint64_t number_;
    };

    /// How many wait for a session.
    std::size_t waiting() const noexcept { return line_.size(); }

    /// Something has changed for those who wait.
    void changed();
    /// Until something has changed. Throws Error{cancelled}.
    awaitable<void> wait() { return event_.wait(); }

  private:
    friend class Sessions;
    struct Alarm;
    void set_alarm();

    std::set<std::uint64_t> line_;
    std::uint64_t next_number_ = 0;
    std::list<Sessions*> users_;
    std::unique_ptr<Alarm> alarm_;
    Event event_;
};

/// The servers of a process, by "protocol://user@host:port".
class Servers {
  public:
    explicit Servers(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// The same object for the same key. The smallest of the limits that are given holds.
    std::shared_ptr<Server> at(const std::string& key, unsigned most_sessions, Patience patience);

  private:
    boost::asio::any_io_executor executor_;
    std::map<std::string, std::shared_ptr<Server>> servers_;
};

}  // namespace fairlead::transfer
