#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace fairlead::ftp {

/// Line ends of TYPE A (RFC 959, 3.1.1.1): CR LF on the wire, LF here. Each keeps what it needs to know
/// across pieces, so the bytes may be cut anywhere.
class WireToText {
  public:
    /// Converts in place; returns the part of `bytes` that holds the result. A CR at the very end is held
    /// back.
    std::span<std::byte> convert(std::span<std::byte> bytes);
    /// At the end: whether a held-back CR is still to come out.
    bool holds_cr() const noexcept { return held_cr_; }

  private:
    bool held_cr_ = false;
    std::vector<std::byte> joined_;
};

class TextToWire {
  public:
    /// The result is valid until the next call. A CR LF that is there already stays as it is.
    std::span<const std::byte> convert(std::span<const std::byte> bytes);

  private:
    bool after_cr_ = false;
    std::vector<std::byte> result_;
};

}  // namespace fairlead::ftp
