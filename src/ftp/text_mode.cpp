#include "ftp/text_mode.hpp"

namespace fairlead::ftp {

namespace {
constexpr std::byte kCr{'\r'};
constexpr std::byte kLf{'\n'};
}  // namespace

std::span<std::byte> WireToText::convert(std::span<std::byte> bytes) {
    if (held_cr_) {
        joined_.assign(1, kCr);
        joined_.insert(joined_.end(), bytes.begin(), bytes.end());
        bytes = joined_;
        held_cr_ = false;
    }
    std::size_t to = 0;
    for (std::size_t from = 0; from < bytes.size(); ++from) {
        if (bytes[from] == kCr) {
            if (from + 1 == bytes.size()) {
                held_cr_ = true;
                break;
            }
            if (bytes[from + 1] == kLf) continue;
        }
        bytes[to++] = bytes[from];
    }
    return bytes.first(to);
}

std::span<const std::byte> TextToWire::convert(std::span<const std::byte> bytes) {
    result_.clear();
    for (const auto byte : bytes) {
        if (byte == kLf && !after_cr_) result_.push_back(kCr);
        result_.push_back(byte);
        after_cr_ = byte == kCr;
    }
    return result_;
}

}  // namespace fairlead::ftp
