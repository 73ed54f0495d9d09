#include "store/postgres/setting_store.hpp"

namespace fairlead::store::postgres {

std::optional<std::string> PostgresSettingStore::get(std::string_view name) {
    // Locked where more is done: what is decided by it must still hold when that is committed.
    const auto rows = database_.read(database_.is_together() ? "SELECT value FROM setting WHERE name = $1 FOR SHARE"
                                                             : "SELECT value FROM setting WHERE name = $1",
                                     {name});
    if (rows.empty()) return std::nullopt;
    return std::string(rows[0].text(0));
}

std::string PostgresSettingStore::set_once(std::string_view name, std::string_view value) {
    // The second statement sees what the first one, having waited for another machine's, left.
    return database_.write([&](Transaction& transaction) {
        transaction.run("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                        {name, value});
        return std::string(transaction.run("SELECT value FROM setting WHERE name = $1", {name})[0].text(0));
    });
}

void PostgresSettingStore::set(std::string_view name, std::string_view value) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = "
            "excluded.value",
            {name, value});
    });
}

}  // namespace fairlead::store::postgres
