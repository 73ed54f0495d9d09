#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::service::preview {

using Record = std::vector<std::string>;

/// How the fields of a table are told apart.
struct Dialect {
    char delimiter = ',';
    char quote = '"';  ///< NUL: there is none
};

/// The first `most` records (RFC 4180, with any line end; a quote within a quoted field is doubled or has a
/// backslash before it). `whole` false: the text was cut off, so its last record is not given. Empty lines
/// are left out.
std::vector<Record> parse_records(std::string_view text, const Dialect& dialect, bool whole,
                                  std::size_t most);

/// The dialect of a table, or nothing where the text is no table: the delimiter by which the most lines have
/// the same number of fields. `quote`, if given, is not guessed.
std::optional<Dialect> detect_dialect(std::string_view text, bool whole, std::optional<char> quote = {});

/// What all values of a column are: "integer", "number", "boolean", "date", "timestamp" or "string". Empty
/// ones say nothing; only empty ones are "string".
std::string column_type(const std::vector<Record>& records, std::size_t first, std::size_t column);

/// Whether the first record names the columns: none of its fields is empty, a value or there twice, and some
/// column below holds other than text; or all of them look like names, and are no values of their columns.
bool detect_header(const std::vector<Record>& records);

}  // namespace fairlead::service::preview
