#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

namespace fairlead {

/// A moment as the clock on the wall of a time zone shows it, without the zone: "2026-03-01 09:30:00.000".
/// The zone is an IANA name or an offset ("+02:00"); a server's that is still to be found out ("auto") counts
/// as UTC. Throws Error{invalid_argument} for a zone that does not exist.
std::string to_local_text(Time time, std::string_view zone);

/// Reads exactly that form back. Nothing for any other. A moment that a change of the clock skipped is the
/// change itself; one that it repeats is the first.
std::optional<Time> from_local_text(std::string_view text, std::string_view zone);

}  // namespace fairlead
