#pragma once

#include <string>
#include <vector>

#include "flow/work.hpp"

namespace fairlead::flow {

/// A small file that goes with a version: its checksum, or a marker.
struct Companion {
    std::string name;     ///< beside the file at the target
    std::string content;
};

/// What is delivered of a version: the source itself, or what the flow's steps made of it on this machine.
struct Content {
    Place* place = nullptr;
    Entry facts;       ///< with the path at `place`
    std::string name;  ///< what it is called
    std::vector<Companion> companions;
};

/// Whether the flow keeps a copy of each file on this machine until every target has it: it has steps, or says so.
bool uses_copy(const catalog::Flow& flow) noexcept;

/// The content of a version. With steps: reads the file once to this machine, as every transfer does (verified, gone on with
/// after an interruption), and makes of it what the steps say; what an earlier run has made is taken as it is. Throws
/// what reading and the steps throw.
awaitable<Content> content_of(Work& work, const catalog::FileVersion& version, const Entry& entry);

/// Removes the copy of a version that nobody needs any more.
void drop_copy(const Work& work, const catalog::FileVersion& version);

}  // namespace fairlead::flow
