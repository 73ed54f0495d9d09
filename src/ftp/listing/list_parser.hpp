#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::ftp {

/// The forms in which servers write a directory.
enum class ListDialect { unknown, mlsd, unix_, dos, vms, os400, zos, netware, eplf, macos, nonstop, nlst };
std::string_view to_string(ListDialect dialect) noexcept;

/// What the reply to SYST ("215 UNIX Type: L8") lets expect; unknown when it does not tell.
ListDialect dialect_for_system(std::string_view syst_text);

class LineParser;
class ListTime;

struct ListOptions {
    /// What is known for sure: mlsd for MLSD, nlst for NLST. With `unknown` the first lines decide.
    ListDialect dialect = ListDialect::unknown;
    /// What SYST lets expect; decides where the first lines do not.
    ListDialect hint = ListDialect::unknown;
    std::string time_zone = "UTC";       ///< of the times in LIST: an IANA name, or an offset
    Time now;                            ///< the present, for times without a year
    std::size_t line_limit = 32 * 1024;  ///< bytes; a longer line is counted as skipped
};

/// Turns the bytes of a listing into entries, as they come, in bounded memory: what was taken is gone.
///
/// Names are the server's exact bytes. A name that cannot be one name ("", "..", with "/" or NUL in it) never
/// gets out: it is counted as skipped; "." and ".." as such are dropped silently. Entry::path stays empty. A
/// line that does not parse is counted and never ends the listing.
class ListParser {
  public:
    /// Throws Error{invalid_argument} for an unknown time zone.
    explicit ListParser(ListOptions options);
    ~ListParser();
    ListParser(ListParser&&) noexcept;
    ListParser& operator=(ListParser&&) noexcept;

    void feed(std::string_view bytes);
    /// Whether the bytes so far end in the middle of a line: no listing ends so, unless it was cut.
    bool is_amid_line() const noexcept;
    /// The data connection has ended: what waits is the last line.
    void finish();

    /// The entries since the last call; empty when there are none yet.
    std::vector<Entry> take_batch();
    /// How many entries wait.
    std::size_t waiting() const noexcept { return entries_.size(); }

    /// The dialect in use; unknown until the first lines decided.
    ListDialect dialect() const noexcept { return dialect_; }
    /// How many lines there were, the empty ones left aside.
    std::uint64_t lines() const noexcept { return lines_; }
    /// How many lines could not be understood or held a name that is refused. Empty lines, totals and
    /// headings of the dialect do not count.
    std::size_t skipped() const noexcept { return skipped_; }
    /// How many of those were entries called what no file can be called ("../x", "/etc/x").
    std::size_t unsafe() const noexcept { return unsafe_; }
    /// After the end: whether the server seems to have taken the "-a" of "LIST -a" for a file name, so that
    /// LIST should be sent again without it.
    bool took_switch_for_name() const noexcept;
    /// The first few of the skipped lines, for the trace.
    const std::vector<std::string>& skipped_lines() const noexcept { return skipped_lines_; }

  private:
    void line(std::string_view text);
    void parse(std::string_view text);
    void decide();
    void skip(std::string_view text);

    ListOptions options_;
    ListDialect dialect_ = ListDialect::unknown;
    std::unique_ptr<ListTime> time_;
    std::unique_ptr<LineParser> parser_;
    std::string partial_;              // bytes behind the last line end
    bool discarding_ = false;          // inside a line beyond the limit
    std::vector<std::string> sample_;  // the first lines, until the dialect is known
    std::vector<Entry> entries_;
    std::uint64_t lines_ = 0;
    std::size_t accepted_ = 0;
    std::size_t skipped_ = 0, unsafe_ = 0;
    bool switch_entry_ = false;      // the first entry is called "-a"
    bool switch_complaint_ = false;  // a skipped line speaks of "-a"
    std::vector<std::string> skipped_lines_;
};

/// The entry in a reply to MLST (RFC 3659, 7.2), from its inner line; with the name reduced to its last part.
/// Nothing when the line is not understood.
std::optional<Entry> parse_mlst_line(std::string_view line);

}  // namespace fairlead::ftp
