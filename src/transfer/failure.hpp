#pragma once

#include <optional>

#include "fairlead/file_system.hpp"

namespace fairlead::transfer {

/// Runs an operation and gives its failure as a value, so that what must be tidied up can be awaited (nothing
/// can be awaited in a catch block). A cancellation is Error{cancelled}; with it, the caller's cancellation
/// is taken back, so that tidying up is possible.
awaitable<std::optional<Error>> caught(awaitable<void> operation);

/// Whether what the session was told to do last may be done yet, though nobody will hear of it.
bool loses_session(const Error& failure) noexcept;

}  // namespace fairlead::transfer
