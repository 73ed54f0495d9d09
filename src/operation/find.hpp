#pragma once

#include <functional>

#include "operation/work.hpp"

namespace fairlead::operation {

/// An entry that the operation takes.
struct Match {
    Entry entry;
    std::string relative;  ///< below the directory where the search began, without a leading slash
};

/// Finds what an operation asks for in its directory: of the kinds that `wanted` says yes to, that its filter
/// takes, in its order. `visit` gives whether it counts towards the maximum. What cannot be listed or told goes
/// to `problem`. Without an order nothing is held but one directory; with one all that matched.
awaitable<void> find(Work& work, const catalog::Operation& operation, std::function<bool(const Entry&)> wanted,
                     std::function<awaitable<bool>(Match)> visit,
                     std::function<awaitable<void>(const std::string& path, const Error& error)> problem);

}  // namespace fairlead::operation
