#pragma once

/// FAIRLEAD_FAULT_POINT("transfer.before_publish") names a moment at which the state of a transfer changes,
/// so that a test can end the process right there, as a power cut would, and see what the next run makes of
/// it. In what is shipped it is nothing at all; only the tests' own program (tests/faulty) has it.
#ifdef FAIRLEAD_FAULT_POINTS
#include <string_view>

namespace fairlead {
void pass_fault_point(std::string_view name) noexcept;
}

#define FAIRLEAD_FAULT_POINT(name) ::fairlead::pass_fault_point(name)
#else
#define FAIRLEAD_FAULT_POINT(name) static_cast<void>(0)
#endif
