#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/file_system.hpp"
#include "service/preview/decompress.hpp"
#include "service/preview/delimited.hpp"
#include "service/preview/encoding.hpp"

/// What a text file looks like: its first rows, and how it is written. For exploring, so only its beginning
/// is read.
namespace fairlead::service::preview {

struct Options {
    std::size_t rows = 20;                   ///< at most, 1 to kMostRows
    std::size_t bytes = 256 * 1024;          ///< of text, unpacked; 1 to kMostBytes
    std::optional<Compression> compression;  ///< absent: found out, like the rest
    std::string encoding;                    ///< as iconv knows it; empty: found out
    std::optional<char> delimiter;
    std::optional<char> quote;  ///< NUL: none
    std::optional<bool> header;
};
constexpr std::size_t kMostRows = 1000;
constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

/// Options from their words: "delimiter" is one character, or "tab", "\\t"; "quote" one character or "none";
/// "header" is "yes", "no" or "auto". Throws Error{invalid_argument} naming the field.
char parse_delimiter(std::string_view text);
char parse_quote(std::string_view text);
std::optional<bool> parse_header(std::string_view text);
/// Throws Error{invalid_argument} for numbers that are out of range.
void check(const Options& options);

struct Column {
    std::string name;  ///< from the header, else "column1", ...
    std::string type;  ///< see column_type
};

struct Preview {
    enum class Format { delimited, json, text, binary } format = Format::text;
    Compression compression = Compression::none;
    Encoding encoding;
    std::optional<Dialect> dialect;  ///< of Format::delimited
    bool header = false;
    std::vector<Column> columns;
    std::vector<Record> rows;        ///< without the header; each as long as it is
    std::vector<std::string> lines;  ///< of Format::text and Format::json
    bool complete = false;           ///< all of the file is shown
    std::uint64_t bytes_read = 0;    ///< from the server
};

/// The same for a beginning that is at hand. `whole`: it is all of the file.
Preview look_at(std::string_view packed, bool whole, std::string_view name, const Options& options);

/// Reads no more of the file than it takes, and leaves the session usable where the protocol can.
awaitable<Preview> preview(FileSystem& files, std::string path, Options options);

boost::json::object to_json(const Preview& preview);

}  // namespace fairlead::service::preview
