#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/file_state.hpp"

namespace fairlead::store {

/// Who takes the events of monitors, flows and operations, in order and at least once: a webhook, a flow, a `watch`. What it has
/// taken is remembered, so it goes on where it was whatever dies in between.
struct Consumer {
    std::string name;
    std::string monitor;  ///< whose events: an id; empty: of all
    std::uint64_t position = 0;  ///< the sequence of the last event that it is done with
    std::uint64_t attempts = 0;  ///< that failed for the event after that
    Time not_before{};           ///< of the next attempt
    std::string problem;         ///< why the last attempt failed; empty: it did not
    std::string owner;           ///< who takes its events (see claim); empty: nobody ever has
};

/// An event that a consumer has given up.
struct DeadLetter {
    std::string consumer;
    catalog::FileEvent event;
    std::uint64_t attempts = 0;
    std::string problem;
    Time at{};
};

/// Events, in the order in which they were written (by MonitorStore::save, and `add`), and who takes them.
/// They are kept until every consumer is done with them, and for some time after. Used from one thread.
class EventStore {
  public:
    virtual ~EventStore() = default;

    /// By sequence, after `after`; of one monitor, or of all.
    virtual std::vector<catalog::FileEvent> list(std::string_view monitor, std::uint64_t after,
                                                 std::size_t limit) = 0;
    /// The newest first.
    virtual std::vector<catalog::FileEvent> latest(std::string_view monitor, std::size_t limit) = 0;
    virtual std::optional<catalog::FileEvent> find(std::string_view id) = 0;
    /// Something that is no file's change (FileEvent::document). Its sequence is given here.
    virtual void add(const catalog::FileEvent& event) = 0;
    /// 0 when there has been none.
    virtual std::uint64_t newest() = 0;

    /// From now on there is such a consumer: it gets the events that come. Nothing happens if there is one.
    virtual void subscribe(std::string_view consumer, std::string_view monitor) = 0;
    virtual void unsubscribe(std::string_view consumer) = 0;
    virtual std::optional<Consumer> consumer(std::string_view name) = 0;
    /// By name.
    virtual std::vector<Consumer> consumers() = 0;
    /// Those of one monitor, flow or operation, by name.
    virtual std::vector<Consumer> consumers_of(std::string_view monitor) = 0;

    /// Consumers whose name begins so and that have something to take now: events, or dead letters to be tried again;
    /// and that nobody else has the right to. By name.
    virtual std::vector<Consumer> due(std::string_view prefix, std::string_view owner, Time now, std::size_t limit) = 0;
    /// The right to take events for a consumer until then; renewed by the same owner. False: another owner has
    /// it, or there is no such consumer.
    virtual bool claim(std::string_view consumer, std::string_view owner, Time now, Time until) = 0;
    /// The events that the consumer is to take next, in order.
    virtual std::vector<catalog::FileEvent> pending(std::string_view consumer, std::size_t limit) = 0;
    /// The consumer is done with everything up to this sequence.
    virtual void advance(std::string_view consumer, std::uint64_t up_to) = 0;
    /// An attempt failed; there will be another one.
    virtual void postpone(std::string_view consumer, std::uint64_t attempts, Time not_before,
                          std::string_view problem) = 0;

    /// The consumer gives up an event, which is kept apart, and goes on after it.
    virtual void give_up(std::string_view consumer, const catalog::FileEvent& event, std::uint64_t attempts,
                         std::string_view problem, Time at) = 0;
    /// By sequence, after `after`; of one monitor, or of all.
    virtual std::vector<DeadLetter> dead_letters(std::string_view monitor, std::uint64_t after,
                                                 std::size_t limit) = 0;
    /// Those that are to be tried again, by sequence.
    virtual std::vector<DeadLetter> replays(std::string_view consumer, std::size_t limit) = 0;
    /// A dead letter is to be tried again; `event` is its id, empty: all of the consumer. Gives how many.
    virtual std::int64_t replay(std::string_view consumer, std::string_view event) = 0;
    /// It was delivered after all, or nobody wants it any more; likewise.
    virtual std::int64_t drop(std::string_view consumer, std::string_view event) = 0;

    /// Forgets events from before this time that every consumer is done with, of one monitor, or of all; at most
    /// `limit` of them. Gives how many.
    virtual std::int64_t forget(std::string_view monitor, Time before, std::size_t limit) = 0;
    /// Forgets all events of this one, and who takes them.
    virtual void remove(std::string_view monitor) = 0;
};

}  // namespace fairlead::store
