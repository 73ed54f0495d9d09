#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "fairlead/error.hpp"

namespace fairlead::cli {

/// What some items of a verb that failed mean for the whole.
constexpr int kSomeFailed = 10;

/// Reports the failure of one item among several on standard error, as text or (--json) as the error document
/// with "item" beside it.
void report_item(Context& context, const std::string& item, const Error& error);

/// Does the same with each item. With one item its failure is thrown; with several each failure is reported,
/// the others go on, and the exit status says that some failed. A cancellation ends it at once.
awaitable<void> for_each_item(Context& context, const std::vector<std::string>& items,
                              std::function<awaitable<void>(const std::string&)> work);

}  // namespace fairlead::cli
