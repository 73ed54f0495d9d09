#include "store/sqlite/setting_store.hpp"

namespace fairlead::store::sqlite {

std::optional<std::string> SqliteSettingStore::get(std::string_view name) {
    auto rows = database_.prepare("SELECT value FROM setting WHERE name = ?");
    rows.bind(name);
    if (!rows.step()) return std::nullopt;
    return std::string(rows.text(0));
}

std::string SqliteSettingStore::set_once(std::string_view name, std::string_view value) {
    auto statement =
        database_.prepare("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING");
    statement.bind(name).bind(value).run();
    return get(name).value_or("");
}

void SqliteSettingStore::set(std::string_view name, std::string_view value) {
    database_
        .prepare(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
            "excluded.value")
        .bind(name)
        .bind(value)
        .run();
}

}  // namespace fairlead::store::sqlite
