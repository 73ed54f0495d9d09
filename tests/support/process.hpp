#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace fairlead::test {

struct ProcessOptions {
    std::string input;                               ///< given as standard input, then closed
    std::map<std::string, std::string> environment;  ///< added to this process's own
    std::string folder;                              ///< working directory; empty: this process's
    std::chrono::milliseconds limit{240'000};        ///< then it is killed
};

struct ProcessResult {
    int status = -1;  ///< exit status; 128 + signal when a signal ended it
    bool timed_out = false;
    std::string output;        ///< standard output
    std::string errors;        ///< standard error
    std::string command_line;  ///< what /proc/PID/cmdline showed everybody while it ran, spaces between
    std::string environment;   ///< /proc/PID/environ likewise, line ends between
};

/// Runs a program to its end; `arguments[0]` is the program (looked up in PATH).
ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

}  // namespace fairlead::test
