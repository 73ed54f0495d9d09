#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// Novell NetWare: "d [RWCEAFMS] Admin            512 Jan 16 18:53    login".
class NetwareParser final : public LineParser {
  public:
    explicit NetwareParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const fields::Words words(line);
        if (words.size() == 2 && words[0].text == "total") return LineResult::ignored;
        if (words.size() < 7 || (words[0].text != "d" && words[0].text != "-")) {
            // "d[RWCEAFMS]" without a blank.
            if (words.size() < 6 || words[0].text.size() < 3 || words[0].text[1] != '[')
                return LineResult::bad;
        }
        const bool joined = words[0].text.size() > 1;
        const auto rights = joined ? words[0].text.substr(1) : words[1].text;
        if (rights.size() != 10 || rights.front() != '[' || rights.back() != ']') return LineResult::bad;
        if (line[0] != 'd' && line[0] != '-') return LineResult::bad;
        const std::size_t owner = joined ? 1 : 2;
        if (owner + 5 >= words.size()) return LineResult::bad;
        const auto size = fields::number(words[owner + 1].text);
        const auto month = fields::month(words[owner + 2].text);
        const auto day = fields::number(words[owner + 3].text);
        if (!size || month == 0 || !day || *day > 31) return LineResult::bad;
        const auto last = words[owner + 4].text;
        if (const auto clock = fields::clock(last)) {
            entry.modified = time_.recent(month, static_cast<unsigned>(*day), clock->hour, clock->minute);
            entry.modified_precision = TimePrecision::minute;
        } else if (const auto year = fields::number(last); year && *year <= 9999) {
            entry.modified = time_.at(static_cast<int>(*year), month, static_cast<unsigned>(*day));
            entry.modified_precision = TimePrecision::day;
        }
        if (!entry.modified) return LineResult::bad;
        entry.type = line[0] == 'd' ? EntryType::directory : EntryType::file;
        entry.size = *size;
        entry.owner = words[owner].text;
        entry.name = line.substr(words[owner + 5].begin);
        return LineResult::entry;
    }

  private:
    ListTime time_;
};

}  // namespace

std::unique_ptr<LineParser> make_netware_parser(const ListTime& time) {
    return std::make_unique<NetwareParser>(time);
}

}  // namespace fairlead::ftp
