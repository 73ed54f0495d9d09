#include "store/sqlite/monitor_rows.hpp"

#include <string>

#include "store/resource_text.hpp"

namespace fairlead::store::sqlite {
namespace {

template <class T>
void bind_optional(Statement& statement, const std::optional<T>& value) {
    if (value)
        statement.bind(static_cast<std::int64_t>(*value));
    else
        statement.bind_null();
}

}  // namespace

void bind_facts(Statement& statement, const catalog::FileFacts& facts) {
    statement.bind(to_string(facts.type));
    bind_optional(statement, facts.size);
    bind_optional(statement, facts.modified ? std::optional(to_number(*facts.modified)) : std::nullopt);
    statement.bind(to_string(facts.precision));
    bind_optional(statement, facts.mode);
}

void insert_event(Database& database, std::string_view monitor, const catalog::FileEvent& event) {
    auto row = database.prepare(
        "INSERT INTO monitor_event (sequence, monitor, id, change, path, previous_path, at, document, " +
        kFacts +
        ") VALUES ((SELECT max(seq) + 1 FROM sqlite_sequence WHERE name IN ('monitor_event', 'run_event')), ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?)");
    row.bind(monitor).bind(event.id).bind(event.document.empty() ? to_string(event.change) : std::string_view());
    row.bind_blob(event.path).bind_blob(event.previous_path).bind(to_number(event.at)).bind(event.document);
    bind_facts(row, event.facts);
    row.run();
}

}  // namespace fairlead::store::sqlite
