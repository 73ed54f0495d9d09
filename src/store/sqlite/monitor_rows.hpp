#pragma once

#include <optional>
#include <string_view>

#include "catalog/file_state.hpp"
#include "store/sqlite/database.hpp"

/// How what monitors know stands in columns.
namespace fairlead::store::sqlite {

/// A count, as SQLite's signed numbers hold it.
std::int64_t signed_of(std::uint64_t number);

constexpr std::string_view kFacts = "type, size, modified, precision, mode";
/// Five parameters, in the order of kFacts.
void bind_facts(Statement& statement, const catalog::FileFacts& facts);
/// The columns of kFacts, from `first` on.
catalog::FileFacts facts_at(const Statement& row, int first);

/// Adds an event to the end of those of all monitors.
void insert_event(Database& database, std::string_view monitor, const catalog::FileEvent& event);

}  // namespace fairlead::store::sqlite
