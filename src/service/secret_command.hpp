#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace fairlead::service {

struct SecretAnswer {
    std::string output;   ///< what the program wrote; only without a problem
    std::string problem;  ///< the end of a sentence; empty: it ended well
    bool timed_out = false;
};

/// Runs a program, found in PATH, and takes what it writes to standard output. No shell is involved; it gets
/// no input, no descriptor of ours but standard error's stand-in /dev/null, and not the key that seals
/// secrets. After the deadline it is killed with what it has started. Blocks until then.
SecretAnswer run_secret_command(const std::vector<std::string>& words, std::chrono::milliseconds deadline,
                                std::size_t longest);

}  // namespace fairlead::service
