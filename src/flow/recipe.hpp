#pragma once

#include <string>
#include <vector>

#include "flow/work.hpp"

namespace fairlead::flow {

/// A small file that goes with a version: its checksum, or a marker.
struct Companion {
    std::string name;  ///< beside the file at the target
    std::string content;
};

/// What the flow's steps make of one version, before any of it is read.
struct Recipe {
    /// A step that changes the content.
    struct Change {
        catalog::FlowStep step;
        std::string name;  ///< of the file that it is done to
    };
    /// A file beside it, which may tell the checksum of what so many changes have made.
    struct Beside {
        std::string name;   ///< a template, of the name of what it is about
        std::string about;  ///< its name then; of what is delivered: its name at the target
        bool sums = false;
        std::size_t changes = 0;
    };
    std::string name;  ///< what the file is called in the end
    std::vector<Change> changes;
    std::vector<Beside> beside;

    bool sums_after(std::size_t count) const;
};
Recipe recipe_for(const Work& work, const catalog::FileVersion& version);

/// What became known while a version was read: the SHA-256 of what so many changes have made, where a file beside it tells it.
struct Sums {
    std::vector<std::string> after;
};
/// Those of the file that is called so at a target.
std::vector<Companion> companions_of(const Work& work, const catalog::FileVersion& version, const Recipe& recipe, const Sums& sums,
                                     const std::string& target);

/// Puts them beside `file` at a place. Those that say something of it come after it, and are replaced when it comes again.
awaitable<void> send_companions(Work& work, Place& place, std::string file, std::vector<Companion> companions);

}  // namespace fairlead::flow
