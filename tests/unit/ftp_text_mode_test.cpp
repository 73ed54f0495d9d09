#include "ftp/text_mode.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace fairlead::ftp {
namespace {

std::string from_wire(std::string_view bytes, std::size_t piece) {
    WireToText convert;
    std::string result;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        std::string part(bytes.substr(at, piece));
        const auto text = convert.convert(std::as_writable_bytes(std::span(part)));
        result.append(reinterpret_cast<const char*>(text.data()), text.size());
    }
    return convert.holds_cr() ? result + '\r' : result;
}

std::string to_wire(std::string_view bytes, std::size_t piece) {
    TextToWire convert;
    std::string result;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const auto wire = convert.convert(std::as_bytes(std::span(bytes.substr(at, piece))));
        result.append(reinterpret_cast<const char*>(wire.data()), wire.size());
    }
    return result;
}

TEST(TextMode, line_ends_are_the_same_wherever_the_bytes_are_cut) {
    for (std::size_t piece = 1; piece <= 12; ++piece) {
        EXPECT_EQ(from_wire("a\r\n\r\nb\rc\r\r\nd\r", piece), "a\n\nb\rc\r\nd\r") << piece;
        EXPECT_EQ(to_wire("a\n\nb\r\nc\rd", piece), "a\r\n\r\nb\r\nc\rd") << piece;
    }
}

}  // namespace
}  // namespace fairlead::ftp
