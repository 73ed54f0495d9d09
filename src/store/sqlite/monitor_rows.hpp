#pragma once

#include <optional>
#include <string_view>

#include "catalog/file_state.hpp"
#include "store/monitor_rows.hpp"
#include "store/sqlite/database.hpp"

/// How what monitors know stands in columns.
namespace fairlead::store::sqlite {

/// Five parameters, in the order of kFacts.
void bind_facts(Statement& statement, const catalog::FileFacts& facts);

/// Adds an event to the end of those of all monitors.
void insert_event(Database& database, std::string_view monitor, const catalog::FileEvent& event);

}  // namespace fairlead::store::sqlite
