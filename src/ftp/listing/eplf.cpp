#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// Easily parsed LIST format: "+i8388621.48594,m825718503,r,s280,\tname". Exact: the name is all behind the
/// tab.
class EplfParser final : public LineParser {
  public:
    LineResult parse(std::string_view line, Entry& entry) override {
        const auto tab = line.find('\t');
        if (line.front() != '+' || tab == std::string_view::npos) return LineResult::bad;
        entry.type = EntryType::other;
        entry.name = line.substr(tab + 1);
        auto facts = line.substr(1, tab - 1);
        while (!facts.empty()) {
            const auto fact = text::take_word(facts, ",");
            if (fact.empty()) break;
            const auto value = fact.substr(1);
            if (fact.front() == '/') {
                entry.type = EntryType::directory;
            } else if (fact.front() == 'r' && entry.type == EntryType::other) {
                entry.type = EntryType::file;
            } else if (fact.front() == 's') {
                entry.size = fields::number(value);
            } else if (fact.front() == 'm') {
                const auto seconds = fields::number(value);
                if (seconds && *seconds < 253'402'300'800ULL)  // the year 10000
                    entry.modified = Time(std::chrono::seconds(*seconds));
            } else if (fact.starts_with("up") && value.size() > 1) {
                std::uint32_t mode = 0;
                bool octal = value.size() <= 6;
                for (const char c : value.substr(1)) {
                    octal = octal && c >= '0' && c <= '7';
                    mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
                }
                if (octal) entry.mode = mode & 07777;
            }
        }
        return LineResult::entry;
    }
};

}  // namespace

std::unique_ptr<LineParser> make_eplf_parser() {
    return std::make_unique<EplfParser>();
}

}  // namespace fairlead::ftp
