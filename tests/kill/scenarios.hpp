#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kill/kill_place.hpp"

namespace fairlead::test {

/// A transfer that is killed, and what there must be once it was run again.
struct Scenario {
    std::string name;
    std::string from, to;            ///< sides
    std::vector<std::string> words;  ///< the verb and its flags
    std::string source, target;      ///< paths below the folders of the two sides
    Files sources;                   ///< there at first
    Files before;                    ///< at the target at first
    Files after;                     ///< at the target in the end
    Files left;                      ///< of the source's folder in the end
    bool appends = false;            ///< the target grows under its own name
    bool moves_aside = false;        ///< for a moment nothing is under the target's name
};

std::ostream& operator<<(std::ostream& out, const Scenario& scenario);

std::vector<Scenario> scenarios();

}  // namespace fairlead::test
