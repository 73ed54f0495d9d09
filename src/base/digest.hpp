#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// A checksum computed piece by piece. Not for secrets; for proving that bytes arrived.
class Digest {
  public:
    explicit Digest(ChecksumAlgorithm algorithm);
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;
    ~Digest();

    void add(std::span<const std::byte> bytes);
    /// The checksum as lower-case hexadecimal. Call it once, last.
    std::string finish();
    ChecksumAlgorithm algorithm() const noexcept { return algorithm_; }

  private:
    struct State;
    ChecksumAlgorithm algorithm_;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead
