#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// HP NonStop (Guardian):
///
///     File         Code             EOF  Last Modification    Owner  RWEP
///     IARPTS        101           16354  15-Mar-09 18:23:20  255,255 "oooo"
class NonstopParser final : public LineParser {
  public:
    explicit NonstopParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const fields::Words words(line);
        if (words.size() >= 4 && words[0].text == "File" && words[1].text == "Code")
            return LineResult::ignored;
        if (words.size() < 6) return LineResult::bad;
        auto code = words[1].text;
        if (code.size() > 1 && (code.back() == '+' || code.back() == 'O')) code.remove_suffix(1);
        const auto size = fields::number(words[2].text);
        const auto date = fields::named_date(words[3].text);
        const auto clock = fields::clock(words[4].text);
        const auto rights = words[words.size() - 1].text;
        if (!fields::number(code) || !size || !date || !clock || rights.size() != 6 || rights.front() != '"')
            return LineResult::bad;
        entry.name = words[0].text;
        entry.size = *size;
        entry.modified =
            time_.at(date->year, date->month, date->day, clock->hour, clock->minute, clock->second);
        entry.modified_precision = clock->has_seconds ? TimePrecision::second : TimePrecision::minute;
        if (words.size() >= 7) {  // "176, 50" stands for group and user
            const auto from = words[5].begin;
            entry.owner = line.substr(from, words[words.size() - 2].end - from);
        }
        return LineResult::entry;
    }

  private:
    ListTime time_;
};

}  // namespace

std::unique_ptr<LineParser> make_nonstop_parser(const ListTime& time) {
    return std::make_unique<NonstopParser>(time);
}

}  // namespace fairlead::ftp
