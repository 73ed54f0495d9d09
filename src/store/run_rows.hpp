#pragma once

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/run.hpp"
#include "store/row.hpp"

/// Between the rows of the run tables and values.
namespace fairlead::store {

extern const std::string_view kRunColumns;   ///< SELECT ... FROM run
extern const std::string_view kFileColumns;  ///< SELECT ... of run_file, which is named f

/// The error document, or an empty text; and back.
std::string text_of(const std::optional<Error>& error);
std::optional<Error> error_in(std::string_view text);

/// Of kRunColumns.
template <class Row>
catalog::Run run_of(const Row& row) {
    catalog::Run run;
    run.id = row.text(0);
    run.project = row.text(1);
    run.kind = row.text(2);
    run.subject = row.text(3);
    run.action = row.text(4);
    run.connection = row.text(5);
    run.environment = row.text(6);
    run.trigger = row.text(7);
    run.state = catalog::parse_run_state(row.text(8));
    run.priority = row.number(9);
    run.attempt = row.number(10);
    run.created_at = time_at(row, 11);
    run.due_at = time_if_any(row, 12);
    run.started_at = time_if_any(row, 13);
    run.finished_at = time_if_any(row, 14);
    run.bytes = count_at(row, 15);
    run.files = count_at(row, 16);
    run.succeeded = count_at(row, 17);
    run.failed = count_at(row, 18);
    run.skipped = count_at(row, 19);
    run.error = error_in(row.text(20));
    run.by = row.text(21);
    run.retry_of = row.text(22);
    run.cancel_requested = truth_at(row, 23);
    run.request = boost::json::parse(row.text(24)).as_object();
    run.lease.owner = row.text(25);
    run.lease.until = time_at(row, 26);
    run.lease.fence = row.number(27);
    run.node = row.text(28);
    const bool paused = truth_at(row, 29);
    if (paused && run.state == catalog::RunState::queued) run.state = catalog::RunState::paused;
    run.pause_requested = paused && run.state == catalog::RunState::running;
    return run;
}

/// Of kFileColumns.
template <class Row>
catalog::RunFile file_of(const Row& row) {
    catalog::RunFile file;
    file.number = row.number(0);
    file.source = row.text(1);
    file.target = row.text(2);
    file.outcome = row.text(3);
    file.bytes = count_at(row, 4);
    file.resumed = count_at(row, 5);
    file.proof = row.text(6);
    file.checksum = row.text(7);
    file.attempts = row.number(8);
    file.error = error_in(row.text(9));
    file.started_at = time_if_any(row, 10);
    file.finished_at = time_if_any(row, 11);
    file.properties = boost::json::parse(row.text(12)).as_object();
    const auto warnings = boost::json::parse(row.text(13));
    for (const auto& warning : warnings.as_array())
        file.warnings.emplace_back(warning.as_string());
    file.history = boost::json::parse(row.text(14)).as_array();
    return file;
}

/// Of SELECT number, run, project, at, type, data.
template <class Row>
catalog::RunEvent event_of(const Row& row) {
    catalog::RunEvent event;
    event.number = row.number(0);
    event.run = row.text(1);
    event.project = row.text(2);
    event.at = time_at(row, 3);
    event.type = row.text(4);
    event.data = boost::json::parse(row.text(5)).as_object();
    return event;
}

}  // namespace fairlead::store
