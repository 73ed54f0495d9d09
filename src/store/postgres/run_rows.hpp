#pragma once

#include <string>
#include <string_view>

#include "catalog/run.hpp"
#include "store/postgres/rows.hpp"
#include "store/resource_text.hpp"

/// Between the rows of the run tables and values.
namespace fairlead::store::postgres {

extern const std::string_view kRunColumns;   ///< SELECT ... FROM run
extern const std::string_view kFileColumns;  ///< SELECT ... of run_file, which is named f
catalog::Run run_of(const Row& row);
catalog::RunFile file_of(const Row& row);
/// Of SELECT number, run, project, at, type, data.
catalog::RunEvent event_of(const Row& row);
/// The error document, or an empty text.
std::string text_of(const std::optional<Error>& error);

}  // namespace fairlead::store::postgres
