#pragma once

#include <cstdint>
#include <string>

#include "catalog/file_state.hpp"
#include "store/event_store.hpp"
#include "store/monitor_store.hpp"
#include "store/row.hpp"

/// Between the rows of what monitors know and values.
namespace fairlead::store {

/// A count, as the engines' signed numbers hold it.
inline std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

inline const std::string kFacts = "type, size, modified, precision, mode";
inline const std::string kSelectState = "SELECT path, " + kFacts +
                                        ", told, waiting, unchanged_since, unchanged_looks, look FROM monitor_file ";
inline const std::string kSelectStatus =
    "SELECT monitor, begun, ended, ended_at, next_at, failures, last_at, last_seen, last_waiting, last_missing, "
    "problem, owner, owned_until FROM monitor_look ";
inline const std::string kEventColumns =
    "e.sequence, e.monitor, e.id, e.change, e.path, e.previous_path, e.at, e.type, e.size, e.modified, e.precision, "
    "e.mode, e.document";
inline const std::string kSelectEvent = "SELECT " + kEventColumns + " FROM monitor_event e ";
inline const std::string kSelectLetter =
    "SELECT " + kEventColumns +
    ", d.consumer, d.attempts, d.problem, d.at FROM monitor_dead_letter d JOIN monitor_event e ON e.sequence = "
    "d.sequence ";
inline const std::string kSelectConsumer =
    "SELECT name, monitor, position, attempts, not_before, problem, owner FROM monitor_consumer ";

/// Of kFacts, from the column `first` on.
template <class Row>
catalog::FileFacts facts_at(const Row& row, int first) {
    catalog::FileFacts facts;
    facts.type = catalog::parse_entry_type(row.text(first));
    if (!row.is_null(first + 1)) facts.size = count_at(row, first + 1);
    if (!row.is_null(first + 2)) facts.modified = time_at(row, first + 2);
    facts.precision = catalog::parse_precision(row.text(first + 3));
    if (!row.is_null(first + 4)) facts.mode = static_cast<std::uint32_t>(row.number(first + 4));
    return facts;
}

/// Of kSelectState.
template <class Row>
catalog::FileState state_of(const Row& row) {
    catalog::FileState state;
    state.path = bytes_at(row, 0);
    state.facts = facts_at(row, 1);
    state.told = count_at(row, 6);
    if (!row.is_null(7)) state.waiting = catalog::parse_file_change(row.text(7));
    state.unchanged_since = time_at(row, 8);
    state.unchanged_looks = count_at(row, 9);
    state.look = count_at(row, 10);
    return state;
}

/// Of kSelectStatus.
template <class Row>
MonitorStatus status_of(const Row& row) {
    MonitorStatus status;
    status.monitor = row.text(0);
    status.begun = count_at(row, 1);
    status.ended = count_at(row, 2);
    status.ended_at = time_at(row, 3);
    status.next = time_at(row, 4);
    status.failures = count_at(row, 5);
    status.last.at = time_at(row, 6);
    status.last.next = status.next;
    status.last.seen = count_at(row, 7);
    status.last.waiting = count_at(row, 8);
    status.last.missing = truth_at(row, 9);
    status.last.problem = row.text(10);
    status.last.complete = status.failures == 0;
    status.owner = row.text(11);
    status.until = time_at(row, 12);
    return status;
}

/// Of kSelectEvent.
template <class Row>
catalog::FileEvent file_event_of(const Row& row) {
    catalog::FileEvent event;
    event.sequence = count_at(row, 0);
    event.monitor = row.text(1);
    event.id = row.text(2);
    event.document = row.text(12);
    if (event.document.empty()) event.change = catalog::parse_file_change(row.text(3));
    event.path = bytes_at(row, 4);
    event.previous_path = bytes_at(row, 5);
    event.at = time_at(row, 6);
    event.facts = facts_at(row, 7);
    return event;
}

/// Of kSelectLetter.
template <class Row>
DeadLetter letter_of(const Row& row) {
    DeadLetter letter;
    letter.event = file_event_of(row);
    letter.consumer = row.text(13);
    letter.attempts = count_at(row, 14);
    letter.problem = row.text(15);
    letter.at = time_at(row, 16);
    return letter;
}

/// Of kSelectConsumer.
template <class Row>
Consumer consumer_of(const Row& row) {
    Consumer consumer;
    consumer.name = row.text(0);
    consumer.monitor = row.text(1);
    consumer.position = count_at(row, 2);
    consumer.attempts = count_at(row, 3);
    consumer.not_before = time_at(row, 4);
    consumer.problem = row.text(5);
    consumer.owner = row.text(6);
    return consumer;
}

}  // namespace fairlead::store
