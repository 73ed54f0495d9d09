#pragma once

#include <string>

#include "cli/filter_flags.hpp"
#include "transfer/options.hpp"

namespace fairlead::cli {

class Context;

/// The flags of get, put and cp.
struct TransferFlags {
    bool recursive = false;
    unsigned parallel = 1;
    unsigned sessions() const { return parallel * options.segments; }
    std::string if_exists = "overwrite";
    bool no_sync = false;
    bool no_resume = false;
    std::string bwlimit;
    std::string file_timeout, run_timeout;
    transfer::Options options;  ///< without what to_options adds
    FilterFlags filter;

    /// Throws Error{invalid_argument} with every flag that is wrong or does not go with another.
    transfer::Options to_options(const Context& context) const;
};

void add_transfer_options(CLI::App& verb, TransferFlags& flags, Context& context);

}  // namespace fairlead::cli
