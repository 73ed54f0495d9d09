#include <fmt/format.h>

#include "base/fault_point.hpp"
#include "store/sqlite/migrations.hpp"

namespace fairlead::store::sqlite {

int newest_version() {
    return migrations().back().version;
}

int version_of(Database& database) {
    auto statement = database.prepare("PRAGMA user_version");
    statement.step();
    return static_cast<int>(statement.number(0));
}

void migrate(Database& database) {
    const auto version_now = [&] {
        const int version = version_of(database);
        refuse_newer(version, newest_version(), database.path());
        return version;
    };
    if (version_now() == newest_version()) return;
    Transaction transaction(database);
    const int version = version_now();  // another process may have been first
    for (const auto& migration : migrations_after(version, migrations())) {
        database.run(migration.sql);
        FAIRLEAD_FAULT_POINT("migrate.amid");
    }
    database.run(fmt::format("PRAGMA user_version = {}", newest_version()));
    FAIRLEAD_FAULT_POINT("migrate.before_commit");
    transaction.commit();
}

}  // namespace fairlead::store::sqlite
