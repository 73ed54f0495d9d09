#pragma once

#include <string>

#include "fairlead/copy.hpp"
#include "fairlead/file_system.hpp"

namespace fairlead::transfer {
class Journal;
}

namespace fairlead::service {

class Connections;

/// See Client::copy. The references must outlive the call.
awaitable<CopyResult> copy(Connections& connections, transfer::Journal& journal, std::string project,
                           std::string from, std::string to, CopyOptions options);

}  // namespace fairlead::service
