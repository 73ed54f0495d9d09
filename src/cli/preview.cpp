#include <fmt/format.h>

#include <algorithm>

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/places.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/preview/preview.hpp"
#include "transfer/persist.hpp"

namespace fairlead::cli {
namespace {

namespace preview = service::preview;
using Format = preview::Preview::Format;

struct PreviewOptions {
    std::string location;
    std::size_t rows = preview::Options{}.rows;
    std::string bytes = "256K";
    std::optional<std::string> delimiter, quote, encoding, compression;
    std::string header = "auto";
    std::shared_ptr<ConnectionFlags> flags;
};

preview::Options to_options(const PreviewOptions& given) {
    preview::Options options;
    options.rows = given.rows;
    options.bytes = parse_size(given.bytes, "bytes");
    if (given.delimiter) options.delimiter = preview::parse_delimiter(*given.delimiter);
    if (given.quote) options.quote = preview::parse_quote(*given.quote);
    if (given.compression) options.compression = preview::parse_compression(*given.compression);
    if (given.encoding) options.encoding = *given.encoding;
    options.header = preview::parse_header(given.header);
    preview::check(options);
    return options;
}

std::string shown(char c) {
    return c == '\t' ? "tab" : to_printable(std::string(1, c));
}

void print_table(Context& context, const preview::Preview& found) {
    std::vector<std::string> names, types;
    for (const auto& column : found.columns) {
        names.push_back(column.name);
        types.push_back(column.type);
    }
    Table table(names);
    table.add(types);
    for (const auto& row : found.rows) {
        auto cells = row;
        cells.resize(names.size());
        table.add(std::move(cells));
    }
    context.out(table.text(context.width()));
}

void print(Context& context, const preview::Preview& found) {
    auto about = found.encoding.name;
    if (found.encoding.bom) about += " with a byte order mark";
    if (found.compression != preview::Compression::none)
        about = fmt::format("{}{}{}", to_string(found.compression), about.empty() ? "" : ", ", about);
    if (found.format == Format::binary) {
        context.note(about + (about.empty() ? "" : ", ") + "no text");
        return;
    }
    if (found.format == Format::delimited)
        about += fmt::format(", columns divided by {}, {}", shown(found.dialect->delimiter),
                             found.header ? "first row is a header" : "no header");
    if (found.format == Format::json) about += ", JSON";
    context.note(about);
    if (found.format == Format::delimited) return print_table(context, found);
    for (const auto& line : found.lines)
        context.print(to_printable(line));
}

void run_preview(Context& context, const PreviewOptions& given) {
    const auto options = to_options(given);
    with_places(context, *given.flags, 1, [&](Places& places) -> awaitable<void> {
        const auto place = places.at(given.location);
        preview::Preview found;
        std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
            found = co_await preview::preview(files, place.path, options);
        };
        co_await transfer::persistently(*place.sessions, transfer::patience_with(*place.sessions, {}),
                                        place.label, {}, look);
        if (context.options.json)
            context.json(to_json(found));
        else
            print(context, found);
    });
}

}  // namespace

void add_preview(CLI::App& app, Context& context) {
    auto options = std::make_shared<PreviewOptions>();
    auto* verb =
        app.add_subcommand("preview", "Show the first rows of a text or CSV file, and how it is written");
    verb->add_option("LOC", options->location, "The file")->required()->type_name("");
    verb->add_option("--rows", options->rows, "So many rows or lines")->type_name("N")->capture_default_str();
    verb->add_option("--bytes", options->bytes, "Look at no more than so much of it, unpacked")
        ->type_name("SIZE")
        ->capture_default_str();
    add_optional(*verb, "--delimiter", options->delimiter,
                 "What divides the columns, or tab; found out without it")
        ->type_name("CHAR");
    add_optional(*verb, "--quote", options->quote, "What fields are quoted with, or none")->type_name("CHAR");
    verb->add_option("--header", options->header, "Whether the first row names the columns: yes, no or auto")
        ->type_name("WORD")
        ->capture_default_str();
    add_optional(*verb, "--encoding", options->encoding, "Such as UTF-8, ISO-8859-1, windows-1252, UTF-16LE")
        ->type_name("NAME");
    add_optional(*verb, "--compression", options->compression, "none, gzip, deflate or bzip2")
        ->type_name("WORD");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] { run_preview(context, *options); });
}

}  // namespace fairlead::cli
