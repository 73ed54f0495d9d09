#include "service/preview/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/path.hpp"
#include "base/utf8.hpp"

namespace fairlead::service::preview {
namespace {

constexpr std::size_t kDetected = 512;  // packed bytes by which the compression is told

[[noreturn]] void refuse(std::string_view field, std::string_view value, std::string_view problem) {
    auto error =
        Error(ErrorCode::invalid_argument, fmt::format("{} is '{}'; it must be {}.", field, value, problem));
    error.faults.push_back({std::string(field), std::string(value), std::string(problem)});
    throw error;
}

std::vector<std::string> lines_of(std::string_view text, bool whole, std::size_t most, bool& all) {
    std::vector<std::string> lines;
    while (!text.empty() && lines.size() < most) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos && !whole && !lines.empty()) break;
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.emplace_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    all = whole && text.empty();
    return lines;
}

bool looks_like_json(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return false;
    const auto next = text.find_first_not_of(" \t\r\n", first + 1);
    const char after = next == std::string_view::npos ? '\0' : text[next];
    if (text[first] == '{') return after == '"' || after == '}';
    return text[first] == '[' &&
           std::string_view("{[\"]-0123456789tfn").find(after) != std::string_view::npos;
}

void fill_table(Preview& found, std::string_view text, bool whole, const Options& options) {
    found.format = Preview::Format::delimited;
    auto records = parse_records(text, *found.dialect, whole, options.rows + 2);
    found.header = options.header.value_or(detect_header(records));
    const std::size_t first = found.header && !records.empty() ? 1 : 0;
    found.complete = whole && records.size() <= options.rows + first;
    std::size_t width = 0;
    for (const auto& record : records)
        width = std::max(width, record.size());
    for (std::size_t i = 0; i < width; ++i) {
        const bool named = first == 1 && i < records.front().size() && !records.front()[i].empty();
        found.columns.push_back(
            {named ? records.front()[i] : fmt::format("column{}", i + 1), column_type(records, first, i)});
    }
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(first));
    if (records.size() > options.rows) records.resize(options.rows);
    found.rows = std::move(records);
}

/// What was unpacked, and how.
struct Unpacked {
    std::string text;
    bool whole = false;
};

Preview look_at_text(const Unpacked& unpacked, Compression compression, const Options& options) {
    Preview found;
    found.compression = compression;
    found.encoding = detect_encoding(unpacked.text, unpacked.whole);
    if (!options.encoding.empty() && !(found.encoding.bom && options.encoding == found.encoding.name))
        found.encoding = {options.encoding, found.encoding.bom && options.encoding == "UTF-8"};
    if (options.encoding.empty() && is_binary(unpacked.text, found.encoding)) {
        found.format = Preview::Format::binary;
        found.encoding = {};
        return found;
    }
    const auto text = decode(unpacked.text, found.encoding);
    if (options.delimiter)
        found.dialect = Dialect{*options.delimiter, options.quote.value_or('"')};
    else if (!looks_like_json(text))
        found.dialect = detect_dialect(text, unpacked.whole, options.quote);
    if (found.dialect) {
        fill_table(found, text, unpacked.whole, options);
        return found;
    }
    if (looks_like_json(text)) found.format = Preview::Format::json;
    found.lines = lines_of(text, unpacked.whole, options.rows, found.complete);
    return found;
}

}  // namespace

char parse_delimiter(std::string_view text) {
    if (text == "tab" || text == "\\t" || text == "\t") return '\t';
    if (text == "\\u0001" || text == "\\x01") return '\x01';
    if (text.size() != 1 || text == "\n" || text == "\r" || text == "\"")
        refuse("delimiter", text, "one character, or tab");
    return text.front();
}

char parse_quote(std::string_view text) {
    if (text == "none") return '\0';
    if (text.size() != 1 || text == "\n" || text == "\r") refuse("quote", text, "one character, or none");
    return text.front();
}

std::optional<bool> parse_header(std::string_view text) {
    if (text == "auto" || text.empty()) return std::nullopt;
    if (text == "yes" || text == "true") return true;
    if (text == "no" || text == "false") return false;
    refuse("header", text, "yes, no or auto");
}

void check(const Options& options) {
    if (options.rows < 1 || options.rows > kMostRows)
        refuse("rows", std::to_string(options.rows), fmt::format("from 1 to {}", kMostRows));
    if (options.bytes < 1 || options.bytes > kMostBytes)
        refuse("bytes", std::to_string(options.bytes), fmt::format("from 1 to {}", kMostBytes));
}

Preview look_at(std::string_view packed, bool whole, std::string_view name, const Options& options) {
    check(options);
    const auto compression = options.compression.value_or(detect_compression(packed, name));
    Decompressor decompressor(compression, options.bytes + 1);  // one more tells whether that was all
    Unpacked unpacked;
    decompressor.add(packed, unpacked.text);
    unpacked.whole = unpacked.text.size() <= options.bytes && (whole || decompressor.ended());
    if (unpacked.text.size() > options.bytes) unpacked.text.resize(options.bytes);
    auto found = look_at_text(unpacked, compression, options);
    found.bytes_read = packed.size();
    return found;
}

awaitable<Preview> preview(FileSystem& files, std::string path, Options options) {
    check(options);
    const auto stream = co_await files.open_read(path);
    std::string packed;
    std::optional<Decompressor> decompressor;
    Compression compression = Compression::none;
    Unpacked unpacked;
    std::uint64_t read = 0;
    bool ended = false;
    while (!ended && !(decompressor && decompressor->done())) {
        const auto piece = co_await stream->read();
        ended = piece.empty();
        read += piece.size();
        packed.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        if (!decompressor && packed.size() < kDetected && !ended) continue;
        if (!decompressor) {
            compression = options.compression.value_or(detect_compression(packed, path::name(path)));
            decompressor.emplace(compression, options.bytes + 1);  // one more tells whether that was all
        }
        decompressor->add(packed, unpacked.text);
        packed.clear();
    }
    if (!ended) co_await stream->close();
    unpacked.whole = unpacked.text.size() <= options.bytes && (ended || decompressor->ended());
    if (unpacked.text.size() > options.bytes) unpacked.text.resize(options.bytes);
    auto found = look_at_text(unpacked, compression, options);
    found.bytes_read = read;
    co_return found;
}

boost::json::object to_json(const Preview& preview) {
    using Format = Preview::Format;
    const auto text = [](std::string_view value) { return boost::json::string(to_valid_utf8(value)); };
    boost::json::object object;
    const auto format = preview.format;
    object["format"] = format == Format::delimited ? "delimited"
                       : format == Format::json    ? "json"
                       : format == Format::text    ? "text"
                                                   : "binary";
    object["compression"] = to_string(preview.compression);
    object["encoding"] = nullptr;
    if (!preview.encoding.name.empty()) object["encoding"] = preview.encoding.name;
    object["bom"] = preview.encoding.bom;
    object["complete"] = preview.complete;
    object["bytesRead"] = preview.bytes_read;
    if (format == Format::delimited) {
        object["delimiter"] = text(std::string(1, preview.dialect->delimiter));
        object["quote"] = nullptr;
        if (preview.dialect->quote != '\0') object["quote"] = text(std::string(1, preview.dialect->quote));
        object["header"] = preview.header;
        auto& columns = object["columns"].emplace_array();
        for (const auto& column : preview.columns)
            columns.push_back({{"name", text(column.name)}, {"type", column.type}});
        auto& rows = object["rows"].emplace_array();
        for (const auto& row : preview.rows) {
            boost::json::array cells;
            for (const auto& cell : row)
                cells.emplace_back(text(cell));
            rows.push_back(std::move(cells));
        }
    } else if (format != Format::binary) {
        auto& lines = object["lines"].emplace_array();
        for (const auto& line : preview.lines)
            lines.emplace_back(text(line));
    }
    return object;
}

}  // namespace fairlead::service::preview
