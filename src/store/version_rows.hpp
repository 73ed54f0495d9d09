#pragma once

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "catalog/file_version.hpp"
#include "store/run_rows.hpp"

/// Between the rows of a flow's ledger and values.
namespace fairlead::store {

inline constexpr const char* kVersionColumns =
    "SELECT number, flow, path, size, modified, precision, hash, seen_at, changed_at, state, reason, counter, "
    "settled_to, failures, error, run, deliveries FROM flow_version ";

/// Of kVersionColumns.
template <class Row>
catalog::FileVersion version_of(const Row& row) {
    catalog::FileVersion version;
    version.number = row.number(0);
    version.flow = row.text(1);
    version.path = bytes_at(row, 2);
    if (!row.is_null(3)) version.size = count_at(row, 3);
    if (!row.is_null(4)) version.modified = time_at(row, 4);
    version.precision = catalog::precision_of(row.text(5));
    version.hash = row.text(6);
    version.seen_at = time_at(row, 7);
    version.changed_at = time_at(row, 8);
    version.state = catalog::parse_version_state(row.text(9));
    version.reason = row.text(10);
    version.counter = row.number(11);
    version.settled_to = bytes_at(row, 12);
    version.failures = row.number(13);
    version.error = error_in(row.text(14));
    version.run = row.text(15);
    version.deliveries = catalog::deliveries_from_json(boost::json::parse(row.text(16)).as_array());
    return version;
}

}  // namespace fairlead::store
