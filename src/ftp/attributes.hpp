#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"
#include "ftp/session.hpp"

namespace fairlead::ftp {

/// Times, modes and checksums of files: what servers offer in many dialects, tried in order and remembered.
/// Arguments are the server's (see Directories).
class Attributes {
  public:
    explicit Attributes(Session& session) : session_(session) {}

    /// MFMT, else MDTM with two arguments, else SITE UTIME in two shapes. Returns the last refusal, or
    /// nothing when it is done. Throws unsupported when the server knows none of them.
    awaitable<std::optional<Reply>> set_modified(std::string argument, Time time);
    /// SITE CHMOD; otherwise the same.
    awaitable<std::optional<Reply>> set_mode(std::string argument, std::uint32_t mode);
    /// HASH, XSHA256 and their like. The checksum, or the refusal in `refusal`. Throws unsupported.
    awaitable<std::string> checksum(std::string argument, ChecksumAlgorithm algorithm, Reply& refusal);

    bool may_set_modified() const;
    bool may_set_mode() const;
    std::vector<ChecksumAlgorithm> algorithms() const;

  private:
    Session& session_;
};

}  // namespace fairlead::ftp
