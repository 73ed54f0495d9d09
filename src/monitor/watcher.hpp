#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "monitor/look.hpp"
#include "monitor/seen_paths.hpp"

namespace fairlead::monitor {

/// One of those for whom a look is made: what it makes of the entries that the look sees. The calls over a store
/// may block, and each is fit to be run again, as a part of store::Store::together may be.
class Watcher {
  public:
    Watcher(const Watched& watched, std::string path, const std::function<Time()>& now);

    /// Its look begins, if it may.
    void begin(store::Store& store, const LookSettings& settings, std::optional<Time> due_by);
    bool looks() const noexcept { return result_.look != 0; }

    /// Keeps an entry of the tree that is wanted. `relative` as Filter has it.
    void take(const Entry& entry, std::string_view relative);
    /// Keeps the watched file itself.
    void take_itself(Entry entry);
    bool batch_is_full() const noexcept;
    /// Records what is new of the entries that were kept.
    void save(store::Store& store);
    void clear_batch();

    void add_problem(const Error& problem);
    /// Whether another look has begun meanwhile: then this one has no say any more.
    bool was_overtaken(store::Store& store) const;

    /// There is nothing at the path. Where files below it are known, the look has failed.
    void conclude_missing(store::Store& store);
    /// Everything was seen that could be: what went, came, and has settled.
    void conclude(store::Store& store);
    void end(store::Store& store, Time next);

    /// What is left out of a walk for this one alone.
    const transfer::Filter& filter() const noexcept { return filter_; }
    LookResult& result() noexcept { return result_; }
    const Rules& rules() const noexcept { return watched_.rules; }
    const std::string& monitor() const noexcept { return watched_.monitor; }

  private:
    bool is_entered(std::string_view relative) const;
    void conclude_what_is_gone(store::MonitorStore& store);
    void count(std::span<const catalog::FileEvent> events);
    std::optional<catalog::FileState> renamed_to(store::MonitorStore& store, const catalog::FileState& gone);
    void tell_what_has_settled(store::MonitorStore& store);
    bool has_marker(const catalog::FileState& state);

    const Watched& watched_;
    std::string path_;
    const std::function<Time()>& now_;
    transfer::Filter wanted_;  ///< with the conditions on facts
    transfer::Filter filter_;
    std::optional<Glob> markers_;
    bool baseline_ = false;
    struct Taken {
        Entry entry;
        bool is_wanted;  ///< as it is now
    };
    std::vector<Taken> batch_;
    SeenPaths seen_;  ///< of what is known
    LookResult result_;
};

}  // namespace fairlead::monitor
