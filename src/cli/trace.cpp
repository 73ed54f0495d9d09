#include "cli/trace.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "base/utf8.hpp"

namespace fairlead::cli {
namespace {

constexpr int kSteps = 1;
constexpr int kNotes = 2;
constexpr int kConversation = 3;

void print_line(std::string_view mark, std::string_view text) {
    const auto line = fmt::format("{} {}\n", mark, to_printable(text));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void TracePrinter::step_done(std::string_view step, std::string_view detail) {
    if (level_ >= kSteps)
        print_line("*", detail.empty() ? fmt::format("{}", step) : fmt::format("{}: {}", step, detail));
}

void TracePrinter::sent(std::string_view line) {
    if (level_ >= kConversation) print_line(">", line);
}

void TracePrinter::received(std::string_view line) {
    if (level_ >= kConversation) print_line("<", line);
}

void TracePrinter::note(std::string_view text) {
    if (level_ >= kNotes) print_line("*", text);
}

}  // namespace fairlead::cli
