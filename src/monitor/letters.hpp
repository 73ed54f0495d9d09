#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "catalog/resource.hpp"

namespace fairlead::store {
class Store;
}

/// Dead letters: events of a monitor, flow or operation that a receiver has not taken after all attempts.
namespace fairlead::monitor {

/// {items: [{event, receiver, attempts, problem, at}], next}. event: as `events_of` has those about files, else the
/// CloudEvent; receiver: webhook or mail.
boost::json::object letters_of(store::Store& store, const catalog::Resource& of, std::uint64_t after, std::size_t limit);

/// Delivers again, or drops, the one of an event, or all where the id is empty. Gives how many. Throws not_found where
/// there is none of this id.
std::int64_t change_letters(store::Store& store, const catalog::Resource& of, const std::string& id, bool replay);

}  // namespace fairlead::monitor
