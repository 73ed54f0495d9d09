// Listings, every dialect: never throws, no name gets out that is not one plain name, and the same entries
// come out however the bytes are cut. The first byte chooses the dialect.
#include "base/path.hpp"
#include "ftp/listing/list_parser.hpp"
#include "fuzz.hpp"

using namespace fairlead;

namespace {

std::string all(ftp::ListDialect dialect, std::string_view text, std::size_t step) {
    ftp::ListOptions options;
    options.dialect = dialect;
    options.now = Time(std::chrono::seconds(1'775'000'000));
    options.line_limit = 300;
    options.time_zone = "Europe/Berlin";
    ftp::ListParser parser(options);
    for (std::size_t at = 0; at < text.size(); at += step)
        parser.feed(text.substr(at, step));
    parser.finish();
    std::string seen = std::to_string(parser.skipped()) + std::string(to_string(parser.dialect()));
    for (const auto& entry : parser.take_batch()) {
        PROMISE(path::is_plain_name(entry.name));
        PROMISE(!entry.mode || *entry.mode <= 07777);
        seen += "|" + entry.name + entry.target.value_or("") + entry.owner.value_or("") +
                entry.group.value_or("");
        if (entry.modified) seen += to_rfc3339(*entry.modified);
        if (entry.size) seen += std::to_string(*entry.size);
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto dialect = static_cast<ftp::ListDialect>(data[0] % 12);
    const auto text = as_text(data + 1, size - 1);
    const auto whole = all(dialect, text, std::max<std::size_t>(text.size(), 1));
    PROMISE(all(dialect, text, 1) == whole);
    ftp::parse_mlst_line(text.substr(0, text.find('\n')));
    return 0;
}
