#include "store/postgres/monitor_rows.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "store/resource_text.hpp"

namespace fairlead::store::postgres {
namespace {

namespace json = boost::json;

template <class T>
json::value optional_number(const std::optional<T>& value) {
    return value ? json::value(static_cast<std::int64_t>(*value)) : json::value();
}

void put_facts(json::object& row, const catalog::FileFacts& facts) {
    row["type"] = to_string(facts.type);
    row["size"] = optional_number(facts.size);
    row["modified"] = facts.modified ? json::value(to_number(*facts.modified)) : json::value();
    row["precision"] = to_string(facts.precision);
    row["mode"] = optional_number(facts.mode);
}

}  // namespace

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        hex += kDigits[static_cast<unsigned char>(byte) >> 4];
        hex += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return hex;
}

std::string rows_of(std::string_view monitor, const std::vector<catalog::FileState>& states) {
    json::array rows;
    for (const auto& state : states) {
        json::object row{{"monitor", monitor}, {"path", hex_of(state.path)}};
        put_facts(row, state.facts);
        row["told"] = signed_of(state.told);
        row["waiting"] = state.waiting ? json::value(to_string(*state.waiting)) : json::value();
        row["unchanged_since"] = to_number(state.unchanged_since);
        row["unchanged_looks"] = signed_of(state.unchanged_looks);
        row["look"] = signed_of(state.look);
        rows.push_back(std::move(row));
    }
    return json::serialize(rows);
}

std::string rows_of(std::string_view monitor, const std::vector<catalog::FileEvent>& events) {
    json::array rows;
    for (const auto& event : events) {
        json::object row{{"monitor", monitor}, {"id", event.id}, {"change", event.document.empty() ? to_string(event.change) : std::string_view()}};
        row["document"] = event.document;
        row["path"] = hex_of(event.path);
        row["previous_path"] = hex_of(event.previous_path);
        row["at"] = to_number(event.at);
        put_facts(row, event.facts);
        rows.push_back(std::move(row));
    }
    return json::serialize(rows);
}

void insert_events(Transaction& transaction, std::string_view monitor, const std::vector<catalog::FileEvent>& events) {
    // Numbers become visible in their order, of runs' events too (run_store.cpp).
    transaction.run("SELECT pg_advisory_xact_lock(111559182283891)");
    transaction.run(
        "INSERT INTO monitor_event (monitor, id, change, path, previous_path, at, document, " + kFacts +
            ") SELECT monitor, id, change, decode(path, 'hex'), decode(previous_path, 'hex'), at, document, type, size, "
            "modified, r.precision, mode FROM json_to_recordset($1::json) AS r (monitor text, id text, change "
            "text, path text, previous_path text, at bigint, document text, type text, size bigint, modified bigint, "
            "\"precision\" text, mode bigint)",
        {rows_of(monitor, events)});
}

}  // namespace fairlead::store::postgres
