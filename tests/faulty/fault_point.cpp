// What a fault point does in the program that has them (fairlead_faulty):
//   FAIRLEAD_FAULT_TRACE=FILE      writes the name of each point that is passed, a line each
//   FAIRLEAD_FAULT=NAME:N          ends the process with SIGKILL when it passes that point for the n-th time

#include "base/fault_point.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace fairlead {

void pass_fault_point(std::string_view name) noexcept {
    static const char* const trace = std::getenv("FAIRLEAD_FAULT_TRACE");
    static const char* const fault = std::getenv("FAIRLEAD_FAULT");
    if (trace != nullptr) {
        const std::string line = std::string(name) + "\n";
        const int file = ::open(trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::write(file, line.data(), line.size()) < 0) std::abort();
        ::close(file);
    }
    if (fault == nullptr) return;
    static const std::string_view wanted(fault);
    static const auto colon = wanted.rfind(':');
    static const int which = std::atoi(fault + colon + 1);
    static std::atomic<int> passed{0};
    if (wanted.substr(0, colon) == name && ++passed == which) ::kill(::getpid(), SIGKILL);
}

}  // namespace fairlead
