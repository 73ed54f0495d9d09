#pragma once

#include "operation/work.hpp"

namespace fairlead::operation {

/// Brings the content of one file here, records that, and then deletes or moves the file where the operation
/// says so. `relative` is its path below the directory where a query began, or its name.
awaitable<void> download(Work& work, const catalog::Operation& operation, const Entry& entry,
                         const std::string& relative, catalog::RunFile& file, transfer::Staged& staged);

/// Does what an earlier execution did not come to: deletes or moves the source of a document that was read.
awaitable<void> settle_recorded(Work& work, const catalog::Operation& operation, catalog::RunFile& file);

}  // namespace fairlead::operation
