#pragma once

#include <optional>
#include <string>

#include "catalog/file_state.hpp"
#include "catalog/monitor.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::monitor {

/// The content of a file that goes with its event, or why it does not.
struct EventContent {
    std::optional<std::string> bytes;
    std::string omitted;  ///< empty: nobody asked for it
};

/// An event as CloudEvents 1.0 in JSON ("structured content mode"): its id and time are the event's, its type is
/// "fairlead.file.created" and the like, its source the monitor, its subject the path.
std::string cloud_event(const catalog::FileEvent& event, const catalog::Monitor& monitor, const EventContent& content);

/// "sha256=" and the HMAC-SHA256 of the body in hexadecimal.
std::string signature_of(const std::string& body, const Secret& secret);

}  // namespace fairlead::monitor
