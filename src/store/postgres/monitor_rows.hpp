#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/file_state.hpp"
#include "store/monitor_rows.hpp"
#include "store/postgres/database.hpp"

/// How what monitors know stands in columns. Many rows go in one statement: as a JSON array, in which what need
/// not be UTF-8 is hexadecimal.
namespace fairlead::store::postgres {

std::string hex_of(std::string_view bytes);

std::string rows_of(std::string_view monitor, const std::vector<catalog::FileState>& states);
std::string rows_of(std::string_view monitor, const std::vector<catalog::FileEvent>& events);

/// Writes events, numbered in the order in which they can be seen.
void insert_events(Transaction& transaction, std::string_view monitor, const std::vector<catalog::FileEvent>& events);

}  // namespace fairlead::store::postgres
