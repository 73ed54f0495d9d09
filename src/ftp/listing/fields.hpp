#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fairlead/entry.hpp"
#include "ftp/list_time.hpp"
#include "ftp/text_match.hpp"

/// What the dialects have in common: words with their places in the line, numbers, months, dates.
namespace fairlead::ftp::fields {

/// A word and where it stands, so that a name can be cut exactly behind it.
struct Word {
    std::string_view text;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The first words of a line, separated by blanks and tabs; more than `kMost` are not needed to find a name.
/// Refers to the line, which must outlive it. Made for every line of a listing, so it initialises nothing it
/// need not.
class Words {
  public:
    static constexpr std::size_t kMost = 20;

    explicit Words(std::string_view line) noexcept;
    std::size_t size() const noexcept { return count_; }
    Word operator[](std::size_t i) const noexcept {
        return {line_.substr(begins_[i], ends_[i] - begins_[i]), begins_[i], ends_[i]};
    }

  private:
    std::string_view line_;
    std::size_t count_ = 0;
    std::array<std::size_t, kMost> begins_;
    std::array<std::size_t, kMost> ends_;
};

/// A number of digits only.
std::optional<std::uint64_t> number(std::string_view text) noexcept;
/// A number that may have "," or "." between groups of three digits ("1,234,567").
std::optional<std::uint64_t> grouped_number(std::string_view text) noexcept;

/// "Mar", "März", "mars", "мар", "3月", "MAR.": 1 to 12, or 0.
unsigned month(std::string_view word) noexcept;

/// "9:30", "09:30:12", with "AM" or "PM" behind. Nothing when it is no time of day.
struct Clock {
    unsigned hour = 0, minute = 0, second = 0;
    bool has_seconds = false;
};
std::optional<Clock> clock(std::string_view word) noexcept;

/// Three numbers with "-", "/" or "." between them, as they stand, with how many digits each has.
struct DateNumbers {
    std::array<unsigned, 3> value{};
    std::array<unsigned, 3> digits{};
};
std::optional<DateNumbers> date_numbers(std::string_view word) noexcept;

/// "1-MAR-2026" or "12-Jun-04": day, month by name, year.
struct NamedDate {
    int year = 0;
    unsigned month = 0, day = 0;
};
std::optional<NamedDate> named_date(std::string_view word) noexcept;

}  // namespace fairlead::ftp::fields
