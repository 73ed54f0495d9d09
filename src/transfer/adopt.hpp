#pragma once

#include <optional>

#include "transfer/leftover.hpp"

namespace fairlead::transfer {

/// What a shorter file under the final name is good for (Options::take_partial).
struct Adoption {
    bool whole = false;  ///< it is complete: nothing to do
    Verdict verdict;     ///< else: where to go on with it
};

/// Looks whether what stands at `target`, whoever put it there, is the beginning of the source, by comparing
/// its end. Nothing when it is not, or nobody could tell, or going on is not possible.
awaitable<std::optional<Adoption>> find_beginning(const Route& route, const std::string& source,
                                                  const Entry& facts, const std::string& target);

}  // namespace fairlead::transfer
