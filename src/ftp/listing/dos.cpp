#include <algorithm>

#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

using text::equal_ignoring_case;

struct Kind {
    std::string_view tag;
    EntryType type;
};
constexpr Kind kKinds[] = {{"<DIR>", EntryType::directory},
                           {"<JUNCTION>", EntryType::symlink},
                           {"<SYMLINKD>", EntryType::symlink},
                           {"<SYMLINK>", EntryType::symlink},
                           {"<REP>", EntryType::directory}};

/// IIS and other servers that write what DIR does ("03-01-26  09:30AM       <DIR>          name"), and OS/2
/// ("  612      A  03-01-26   09:30  name").
class DosParser final : public LineParser {
  public:
    explicit DosParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const fields::Words words(line);
        if (words.size() < 4) return LineResult::bad;
        return fields::date_numbers(words[0].text) ? dos(line, words, entry) : os2(line, words, entry);
    }

  private:
    LineResult dos(std::string_view line, const fields::Words& words, Entry& entry) {
        auto clock = fields::clock(words[1].text);
        std::size_t at = 2;
        const auto half = text::lowered(words[2].text);
        if (clock && (half == "am" || half == "pm")) {
            if (clock->hour > 12) return LineResult::bad;
            clock->hour = clock->hour % 12 + (half == "pm" ? 12 : 0);
            at = 3;
        }
        if (!clock || at >= words.size() || !set_time(words[0].text, *clock, entry)) return LineResult::bad;

        const auto word = words[at];
        if (const auto size = fields::grouped_number(word.text)) {
            entry.size = *size;
            return set_name(line, word.end + 1, entry);
        }
        for (const auto& kind : kKinds) {
            if (!equal_ignoring_case(word.text, kind.tag)) continue;
            entry.type = kind.type;
            // The tag fills a column of 15; blanks beyond it belong to the name.
            const auto column = word.begin + 15;
            auto name_at = line.find_first_not_of(' ', word.end);
            if (name_at == std::string_view::npos && line.size() <= column) return LineResult::bad;
            return set_name(line, std::min(name_at, column), entry);
        }
        return LineResult::bad;
    }

    LineResult os2(std::string_view line, const fields::Words& words, Entry& entry) {
        const auto size = fields::number(words[0].text);
        if (!size) return LineResult::bad;
        for (std::size_t i = 1; i + 2 < words.size() && i < 5; ++i) {
            const auto date = fields::date_numbers(words[i].text);
            const auto clock = fields::clock(words[i + 1].text);
            if (!date || !clock) {
                if (equal_ignoring_case(words[i].text, "DIR")) {
                    entry.type = EntryType::directory;
                    continue;
                }
                if (words[i].text.find_first_not_of("ARSHarsh") != std::string_view::npos)
                    return LineResult::bad;
                continue;
            }
            if (!set_time(words[i].text, *clock, entry)) return LineResult::bad;
            if (entry.type == EntryType::file) entry.size = *size;
            return set_name(line, words[i + 2].begin, entry);
        }
        return LineResult::bad;
    }

    /// Month first, as IIS always writes; year first with four digits; day first where it cannot be a month.
    bool set_time(std::string_view word, const fields::Clock& clock, Entry& entry) {
        const auto date = fields::date_numbers(word);
        if (!date) return false;
        const auto& [a, b, c] = date->value;
        std::optional<Time> time;
        if (date->digits[0] == 4) {
            time = time_.at(static_cast<int>(a), b, c, clock.hour, clock.minute, clock.second);
        } else {
            if (date->digits[2] != 2 && date->digits[2] != 4) return false;
            const auto year =
                date->digits[2] == 2 ? ListTime::full_year(static_cast<int>(c)) : static_cast<int>(c);
            time = a > 12 ? time_.at(year, b, a, clock.hour, clock.minute, clock.second)
                          : time_.at(year, a, b, clock.hour, clock.minute, clock.second);
        }
        if (!time) return false;
        entry.modified = *time;
        entry.modified_precision = clock.has_seconds ? TimePrecision::second : TimePrecision::minute;
        return true;
    }

    static LineResult set_name(std::string_view line, std::size_t at, Entry& entry) {
        if (at >= line.size()) return LineResult::bad;
        auto name = line.substr(at);
        if (entry.type == EntryType::symlink && name.ends_with(']'))
            if (const auto open = name.rfind(" ["); open != std::string_view::npos) {
                entry.target = name.substr(open + 2, name.size() - open - 3);
                name = name.substr(0, open);
            }
        entry.name = name;
        return LineResult::entry;
    }

    ListTime time_;
};

}  // namespace

std::unique_ptr<LineParser> make_dos_parser(const ListTime& time) {
    return std::make_unique<DosParser>(time);
}

}  // namespace fairlead::ftp
