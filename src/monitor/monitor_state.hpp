#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "catalog/file_state.hpp"
#include "catalog/monitor.hpp"

namespace fairlead::store {
class Store;
}

/// What can be said about a monitor, as the verbs and routes show it.
namespace fairlead::monitor {

/// {"state": "disabled" | "looking" | "failing" | "due" | "waiting" | "on demand", "why", "nextLook", "lastLook",
/// "lastCompleteLook", "failuresInARow", "files", "webhook"?}. `why` is a sentence for people.
boost::json::object state_of(store::Store& store, const catalog::Monitor& monitor, Time now);

/// {"items": the files that it knows by path, "next"}: what is known of each, and why a change of it is not told yet.
boost::json::object files_of(store::Store& store, const catalog::Monitor& monitor, std::string_view after,
                             std::size_t limit, Time now);

/// {"id","sequence","event","at","project","monitor","path","previousPath"?,"entry"}
boost::json::object event_json(const catalog::FileEvent& event, const catalog::Monitor& monitor);
/// {"items": the events after this sequence, "next"}
boost::json::object events_of(store::Store& store, const catalog::Monitor& monitor, std::uint64_t after,
                              std::size_t limit);

}  // namespace fairlead::monitor
