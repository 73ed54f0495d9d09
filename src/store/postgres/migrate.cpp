#include <fmt/format.h>

#include "base/fault_point.hpp"
#include "fairlead/error.hpp"
#include "store/postgres/failure.hpp"
#include "store/postgres/migrations.hpp"

namespace fairlead::store::postgres {
namespace {

constexpr std::string_view kUndefinedTable = "42P01";

// Who holds this lock is making tables. The number is "fairlead" in ASCII.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(7377293604775354724)";

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now());"
    "CREATE TABLE IF NOT EXISTS commit_mark (id uuid PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT "
    "now())";

constexpr const char* kVersion = "SELECT coalesce(max(version), 0) FROM schema_version";

}  // namespace

int newest_version() {
    return migrations().back().version;
}

int version_of(Database& database) {
    try {
        return static_cast<int>(database.read(kVersion)[0].number(0));
    } catch (const Failure& failure) {
        if (failure.sqlstate == kUndefinedTable) return 0;
        throw;
    }
}

void migrate(Database& database) {
    migrate(database, migrations());
}

void migrate(Database& database, const std::vector<Migration>& all) {
    const int newest = all.back().version;
    const int before = version_of(database);
    refuse_newer(before, newest, database.shown());
    if (before == newest) return;
    database.write_unmarked([&](Transaction& transaction) {
        transaction.run_script(kLock);
        transaction.run_script(kTables);
        const int version =
            static_cast<int>(transaction.run(kVersion)[0].number(0));  // another may have been first
        refuse_newer(version, newest, database.shown());
        for (const auto& migration : migrations_after(version, all)) {
            transaction.run_script(migration.sql);
            transaction.run("INSERT INTO schema_version (version, name) VALUES ($1, $2)",
                            {migration.version, migration.name});
            FAIRLEAD_FAULT_POINT("migrate.amid");
        }
        FAIRLEAD_FAULT_POINT("migrate.before_commit");
    });
}

}  // namespace fairlead::store::postgres
