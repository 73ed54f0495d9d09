#include <fmt/format.h>

#include "fairlead/error.hpp"
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
    const auto refuse_newer = [&](int version) {
        if (version > newest_version())
            throw Error(
                ErrorCode::conflict,
                fmt::format("The database {} has schema version {}, and this program knows only up to {}. "
                            "Nothing was changed.",
                            database.path(), version, newest_version()))
                .hinting("use the newer program that made it, or another data directory");
        return version;
    };
    if (refuse_newer(version_of(database)) == newest_version()) return;
    Transaction transaction(database);
    const int version = refuse_newer(version_of(database));  // another process may have been first
    for (const auto& migration : migrations())
        if (migration.version > version) database.run(migration.sql);
    database.run(fmt::format("PRAGMA user_version = {}", newest_version()));
    transaction.commit();
}

}  // namespace fairlead::store::sqlite
