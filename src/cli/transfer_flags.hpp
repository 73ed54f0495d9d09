#pragma once

#include <string>

#include "cli/filter_flags.hpp"
#include "transfer/options.hpp"
#include "transfer/tree.hpp"

namespace fairlead::cli {

class Context;

/// The flags of get, put, cp and sync.
struct TransferFlags {
    bool recursive = false;
    std::string links = "files", order;
    std::optional<unsigned> depth;
    std::optional<std::uint64_t> first;
    unsigned parallel = 4;
    unsigned sessions() const { return parallel * options.segments.value_or(1); }
    std::string if_exists = "overwrite";
    bool no_sync = false;
    bool no_resume = false;
    std::string bwlimit;
    std::string file_timeout, run_timeout;
    transfer::Options options;  ///< without what to_options adds
    FilterFlags filter;

    /// Throws Error{invalid_argument} with every flag that is wrong or does not go with another.
    transfer::Options to_options() const;
    /// Which of a directory's files are meant, and in which order. Throws Error{invalid_argument}.
    transfer::TreeOptions to_tree_options() const;
};

/// Those that all of them have.
void add_transfer_options(CLI::App& verb, TransferFlags& flags, Context& context);
/// And those of verbs that copy what they are told to: -r, --if-exists, --order, --first, --delete-after, ...
void add_copy_options(CLI::App& verb, TransferFlags& flags, Context& context);

}  // namespace fairlead::cli
