#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "monitor/rules.hpp"
#include "store/monitor_store.hpp"
#include "transfer/filter.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::monitor {

/// Where a look is at.
struct Scene {
    std::string path;    ///< of a file or directory, absolute in the file system of the sessions
    unsigned depth = 1;  ///< of a directory: 1 is without its subdirectories
};

/// For whom, and what of it matters.
struct Watched {
    std::string monitor;  ///< its id in the store
    transfer::Filter filter;
    Rules rules;
};

struct LookResult {
    std::uint64_t look = 0;  ///< its number; 0: it was not this one's turn (another looks, or none is due)
    std::optional<Time> not_before;  ///< then: when it may be
    std::optional<Time> began;       ///< when there was a session to look with
    std::uint64_t seen = 0;          ///< entries
    std::uint64_t events = 0;        ///< that it made
    std::array<std::uint64_t, 4> by_change{};  ///< the same, by catalog::FileChange
    std::uint64_t waiting = 0;  ///< files that changed and have not settled
    std::vector<std::pair<std::string, std::string>>
        why;               ///< of the first hundred of them: path, and why it waits
    bool missing = false;  ///< there is nothing at the path
    /// What could not be listed. Then nothing is concluded from what was not seen: nothing is deleted,
    /// nothing renamed.
    std::vector<Error> problems;
    /// The path itself could not be listed, or the look broke off.
    std::optional<Error> failure;

    bool complete() const { return look != 0 && problems.empty() && !failure; }
};

/// Runs a function over the store, on a thread that may block.
using WithStore = std::function<awaitable<void>(std::function<void(store::Store&)>)>;

/// With what a look works, and what it leaves behind.
struct LookSettings {
    WithStore with_store;
    std::function<Time()> now;  ///< our own clock
    std::string owner;          ///< see store::LookStart
    std::chrono::milliseconds lease{0};
    /// The look of that one is not made if the store says that it is due later than this: another has looked.
    std::function<std::optional<Time>(std::size_t index)> due_by;
    /// When the next look of that one is due, which is kept. Empty: at once.
    std::function<Time(std::size_t index, const LookResult& result)> next;
    /// Told of each look that began: it is to be renewed while it goes on (MonitorStore::renew_look).
    std::function<void(const std::string& monitor, std::uint64_t look)> began;
};

/// Looks once, with one listing for all who watch this place. What changed and has settled becomes an event in
/// the store; the first look of all only learns what is there, unless the rules say otherwise. It may be broken
/// off anywhere, by an error or by the death of the process: what was concluded until then is kept with its
/// events, the rest is found by the next look. Memory grows by eight bytes for each file.
///
/// Gives one result for each of `watched`. A server that fails is in the results; what is thrown is a
/// cancellation, or that the store fails.
awaitable<std::vector<LookResult>> look(transfer::Sessions& sessions, Scene scene,
                                        std::span<const Watched> watched, LookSettings settings);

}  // namespace fairlead::monitor
