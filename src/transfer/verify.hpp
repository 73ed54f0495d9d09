#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "fairlead/file_system.hpp"
#include "transfer/options.hpp"

namespace fairlead::transfer {

/// Compares the size that the target's server told of a file with what was sent. Throws size_mismatch.
void check_size(const std::string& path, std::uint64_t expected, std::uint64_t there);

/// Compares the size that the target's server tells with what was sent. Gives whether it told one. Throws
/// size_mismatch, and incomplete when the file is not there, unless it `may_be_gone` (Options::drop_box).
awaitable<bool> verify_size(FileSystem& files, const std::string& path, std::uint64_t expected,
                            bool may_be_gone = false);

/// The algorithm to prove content by: one that both servers compute, else one that either does, else SHA-256.
ChecksumAlgorithm choose_checksum(const Abilities& source, const Abilities& target);

/// The checksum of a file: the server's own, else by reading the file.
awaitable<std::string> checksum_of(FileSystem& files, const std::string& path, ChecksumAlgorithm algorithm);

/// Compares the content at `path` with a checksum of what was moved: by the server's own where it computes
/// that algorithm, else by reading the file back. Throws checksum_mismatch.
awaitable<void> verify_checksum(FileSystem& files, const std::string& path, ChecksumAlgorithm algorithm,
                                const std::string& expected);

}  // namespace fairlead::transfer
