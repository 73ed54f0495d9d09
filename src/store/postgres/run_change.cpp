#include "store/postgres/run_change.hpp"

#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"
#include "store/run_rows.hpp"
#include "store/run_words.hpp"

namespace fairlead::store::postgres {

using catalog::Run;
using catalog::RunState;

namespace {

// Held from an event until its transaction ends: events become visible in the order of their numbers, so that
// whoever has seen one never misses an earlier one. The number is "events" in ASCII.
constexpr const char* kEventsInOrder = "SELECT pg_advisory_xact_lock(111559182283891)";

}  // namespace

std::string text_for(const boost::json::value& document) {
    return to_valid_utf8(boost::json::serialize(document));
}

std::optional<Run> locked(Transaction& transaction, std::string_view id) {
    const auto rows = transaction.run(std::string(kRunColumns) + "WHERE id = $1 FOR UPDATE", {id});
    if (rows.empty()) return std::nullopt;
    return run_of(rows[0]);
}

Run present(Transaction& transaction, std::string_view id) {
    auto run = locked(transaction, id);
    if (!run) throw no_such_run(id);
    return std::move(*run);
}

Run ours(Transaction& transaction, std::string_view id, std::int64_t fence) {
    auto run = present(transaction, id);
    if (run.lease.fence == fence && run.state == RunState::running) return run;
    throw not_ours(id);
}

void write_event(Transaction& transaction, std::string_view id, std::string_view type,
                 const boost::json::object& data, Time now) {
    transaction.run(kEventsInOrder);
    transaction.run(
        "WITH written AS (INSERT INTO run_event (run, project, at, type, data) "
        "SELECT id, project, $2::bigint, $3::text, $4::json FROM run WHERE id = $1 RETURNING 1) "
        "SELECT pg_notify($5::text, '') FROM written",
        {id, to_number(now), type, text_for(data), kRunChannel});
}

}  // namespace fairlead::store::postgres
