#pragma once

#include <string>
#include <vector>

#include "fairlead/error.hpp"
#include "store/postgres/migrations.hpp"
#include "support/postgres.hpp"

namespace fairlead::store::postgres {

/// A schema of the tests' own: counters by name, and who may count.
inline std::vector<Migration> counters() {
    return {{1, "0001_counters",
             "CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL, note text, raw bytea)"}};
}

/// Adds one. Whoever does it twice, or not at all, is found out.
inline void count(Database& database, const std::string& name) {
    database.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO counter (name, value) VALUES ($1, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1",
            {name});
    });
}

inline std::int64_t counted(Database& database, const std::string& name) {
    const auto rows = database.read("SELECT value FROM counter WHERE name = $1", {name});
    return rows.empty() ? 0 : rows[0].number(0);
}

/// What the work throws; code `internal` with message "nothing" when it throws nothing.
template <class Work>
Error error_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    return {ErrorCode::internal, "nothing"};
}

/// All of an error that anybody may see.
inline std::string all_of(const Error& error) {
    auto text = error.message + "|" + error.server_reply + "|" + error.hint + "|" + error.path;
    for (const auto& fault : error.faults)
        text += "|" + fault.field + "|" + fault.value + "|" + fault.problem;
    return text;
}

}  // namespace fairlead::store::postgres
