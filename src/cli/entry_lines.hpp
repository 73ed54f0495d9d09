#pragma once

#include <fmt/format.h>

#include "cli/context.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::cli {

/// Lines on standard output, gathered into large writes. Call flush at the end.
class Lines {
  public:
    explicit Lines(Context& context) : context_(context) {}
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    /// A name or path: exact bytes, but harmless on a terminal.
    void name(std::string_view text);
    void json(const Entry& entry);
    /// One line of `ls -l`: type and permissions, owner, group, size, time, and the name (with a link's
    /// target).
    void details(const Entry& entry, std::string_view shown_name);
    void flush();

  private:
    void end_line();
    void append_name(std::string_view text);

    Context& context_;
    fmt::memory_buffer buffer_;
};

/// The time of an entry as far as it is known: "2026-03-01 09:30:00", "2026-03-01 09:30", "2026-03-01", in
/// UTC.
std::string shown_time(const Entry& entry);
/// "-rw-r--r--", with "?" for permissions that are not known.
std::string shown_mode(const Entry& entry);

}  // namespace fairlead::cli
