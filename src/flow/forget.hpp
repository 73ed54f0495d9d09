#pragma once

#include <chrono>
#include <optional>

#include "fairlead/entry.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::flow {

struct Keep {
    std::optional<std::chrono::milliseconds> deliveries;  ///< absent: for ever
    /// What was dealt with, and moments of schedules: longer than runs are kept, which they are about.
    std::chrono::milliseconds notes{std::chrono::days(37)};
};

/// Forgets what is older (see DeliveryStore::forget_versions and forget_notes), a batch at a time. Gives whether there is
/// more to forget.
bool forget_some(store::Store& store, const Keep& keep, Time now);

}  // namespace fairlead::flow
