#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::monitor {

/// What is to be looked at, and when: pure, and a few hundred bytes for each monitor. Looks that share a place are
/// given out together, so those of one interval keep step from the first time on; of those on the same server not more
/// than a few at once, so that one that hangs holds up nobody else.
class Agenda {
  public:
    /// `per_server`: how many places of one connection are looked at at once.
    explicit Agenda(unsigned per_server) : per_server_(per_server) {}

    struct Item {
        std::string id;
        std::string place;       ///< what monitors share that one listing serves
        std::string server;      ///< what looks are counted by
        std::chrono::milliseconds interval{0};
        std::uint64_t failures = 0;  ///< in a row
        Time stored{};  ///< when it is due by the store, as far as is known here
    };

    /// Adds or replaces one; `due` says when it is, unless it is known already and what it saw was not forgotten.
    void put(Item item, Time due);
    void remove(std::string_view id);
    /// Forgets those that are not among `ids`.
    void keep(const std::set<std::string, std::less<>>& ids);

    struct Turn {
        std::vector<std::string> ids;
        std::string server;
        Time due{};  ///< of the first of them
    };
    /// Takes the next place that is due at `now` and may be looked at, with all who watch it and are due within a
    /// tenth of their interval, or look as often as the first of them.
    std::optional<Turn> take(Time now);
    /// When the next one is due that may be looked at; nothing when there is none.
    std::optional<Time> next() const;

    /// The look of that one is over. `stored`: what it left in the store; absent: it was not this one's turn.
    void done(std::string_view id, Time due, bool complete, std::optional<Time> stored = std::nullopt);
    /// A place of this server is free again.
    void release(const std::string& server);

    const Item* find(std::string_view id) const;
    std::size_t size() const noexcept { return items_.size(); }

  private:
    struct Planned {
        Item item;
        Time due{};
        bool busy = false;
    };
    using Due = std::set<std::pair<Time, std::string>>;  // and the id
    struct Server {
        unsigned looking = 0;
        Due due;
    };

    using Items = std::map<std::string, Planned, std::less<>>;

    Items::iterator erase(Items::iterator item);
    void plan(Planned& planned, Time due);
    void unplan(const Planned& planned);
    bool is_open(const Server& server) const { return server.looking < per_server_ && !server.due.empty(); }
    void refresh(const std::string& server);

    unsigned per_server_;
    Items items_;
    std::map<std::string, std::set<std::string>> places_;  // ids by place
    std::map<std::string, Server> servers_;
    std::map<std::string, Time> first_;          // of each server that may be looked at
    std::set<std::pair<Time, std::string>> turns_;  // the same, in order
};

/// When the next look is due after one that began at `began`: the interval, a tenth sooner or later (`luck` from 0 to
/// 1); after failures twice as long for each, up to five minutes or the interval, whichever is longer.
Time next_look(Time began, Time now, std::chrono::milliseconds interval, std::uint64_t failures, double luck);

/// The latest time that it can give, seen from `now`: what is said to be due later was planned while the clock was ahead.
Time latest_look(Time now, std::chrono::milliseconds interval);

}  // namespace fairlead::monitor
