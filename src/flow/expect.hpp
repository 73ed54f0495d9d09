#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/flow.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::flow {

/// A time within which something is expected: from the deadline before (or a period's length before) to its own.
struct Window {
    Time begin{}, deadline{};
};

/// The windows of an expectation of which something may have to be told at `now`: those whose deadline has passed since
/// `since`, and the one of which a warning is due.
std::vector<Window> windows_of(const catalog::FlowExpectation& expectation, const std::string& zone, Time since, Time now);

/// What came within a window.
struct Arrived {
    std::uint64_t files = 0, bytes = 0;
};

/// What is missing, as a sentence, or an empty text.
std::string missing(const catalog::FlowExpectation& expectation, const Arrived& arrived);

}  // namespace fairlead::flow
