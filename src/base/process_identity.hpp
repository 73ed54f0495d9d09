#pragma once

#include <string>
#include <string_view>

namespace fairlead {

/// This process, told apart from every other one of any machine and any time: "host/boot/pid/start".
std::string process_identity();

enum class Liveness {
    alive,
    dead,
    unknown,  ///< of another machine
};
/// Whether a process is still there, by what process_identity told of it.
Liveness liveness_of(std::string_view identity);

}  // namespace fairlead
