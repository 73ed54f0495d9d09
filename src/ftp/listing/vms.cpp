#include <utility>

#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// Where ";version" begins in "NAME.TYPE;12", or npos.
std::size_t version_at(std::string_view word) noexcept {
    const auto semicolon = word.rfind(';');
    if (semicolon == std::string_view::npos || semicolon == 0 || !fields::number(word.substr(semicolon + 1)))
        return std::string_view::npos;
    return semicolon;
}

/// OpenVMS. An entry may take several lines when its name is long:
///
///     README.TXT;2                  5/6        1-MAR-2026 09:30:12  [GROUP,OWNER]   (RWED,RWED,RE,)
///     A_VERY_LONG_NAME_OF_A_FILE.DAT;1
///                                  12/12      28-FEB-2026 23:59     [OWNER]         (RWED,RWED,,)
///
/// Names go without the version: that is how the newest one is addressed. Older versions of the same file,
/// which follow it, are no entries of their own. The size, in blocks of 512 bytes, does not tell the size in
/// bytes.
class VmsParser final : public LineParser {
  public:
    explicit VmsParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const bool continues = line.front() == ' ' || line.front() == '\t';
        const fields::Words words(line);
        if (words.size() == 0) return LineResult::ignored;
        if (continues) {
            if (held_.empty()) return after_entry_ ? LineResult::ignored : LineResult::bad;
            const auto name = std::exchange(held_, {});
            return finish(name, line, words, 0, entry);
        }
        const bool lost = !std::exchange(held_, {}).empty();
        if (line.starts_with("Directory ") || text::equal_ignoring_case(line.substr(0, 8), "Total of") ||
            text::equal_ignoring_case(line.substr(0, 11), "Grand total"))
            return LineResult::ignored;
        if (version_at(words[0].text) == std::string_view::npos) {
            after_entry_ = false;
            return LineResult::bad;
        }
        if (words.size() == 1) {
            held_ = words[0].text;
            return lost ? LineResult::bad : LineResult::ignored;
        }
        return finish(words[0].text, line, words, 1, entry);
    }

  private:
    LineResult finish(std::string_view name, std::string_view line, const fields::Words& words,
                      std::size_t at, Entry& entry) {
        after_entry_ = true;
        name = name.substr(0, version_at(name));
        if (name.size() > 4 && text::equal_ignoring_case(name.substr(name.size() - 4), ".DIR")) {
            entry.type = EntryType::directory;
            name.remove_suffix(4);
        }
        if (name == last_name_) return LineResult::ignored;
        last_name_ = name;
        entry.name = name;
        for (; at < words.size(); ++at) {
            const auto date = fields::named_date(words[at].text);
            if (!date) continue;
            const auto clock = at + 1 < words.size() ? fields::clock(words[at + 1].text) : std::nullopt;
            const auto time = clock ? time_.at(date->year, date->month, date->day, clock->hour, clock->minute,
                                               clock->second)
                                    : time_.at(date->year, date->month, date->day);
            entry.modified = time;
            entry.modified_precision = !clock               ? TimePrecision::day
                                       : clock->has_seconds ? TimePrecision::second
                                                            : TimePrecision::minute;
            break;
        }
        set_owner(line, entry);
        set_mode(line, entry);
        return LineResult::entry;
    }

    static void set_owner(std::string_view line, Entry& entry) {
        const auto open = line.find('['), close = line.find(']');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
        const auto inside = line.substr(open + 1, close - open - 1);
        const auto comma = inside.find(',');
        if (comma != std::string_view::npos) entry.group = text::trimmed(inside.substr(0, comma));
        entry.owner = text::trimmed(comma == std::string_view::npos ? inside : inside.substr(comma + 1));
    }

    /// "(RWED,RWED,RE,)": what system, owner, group and world may do.
    static void set_mode(std::string_view line, Entry& entry) {
        const auto open = line.rfind('('), close = line.rfind(')');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
        std::uint32_t mode = 0;
        std::size_t who = 0;
        for (const char c : line.substr(open + 1, close - open - 1)) {
            const std::uint32_t shift = who == 1 ? 6 : who == 2 ? 3 : 0;
            std::uint32_t bit = 0;
            switch (text::upper(c)) {
                case 'R':
                    bit = 4;
                    break;
                case 'W':
                    bit = 2;
                    break;
                case 'E':
                    bit = 1;
                    break;
                case 'D':
                    break;
                case ',':
                    ++who;
                    break;
                default:
                    return;
            }
            if (who > 0) mode |= bit << shift;
        }
        if (who == 3) entry.mode = mode;
    }

    ListTime time_;
    std::string held_;  // a name whose facts stand on the next line
    std::string last_name_;
    bool after_entry_ = false;  // an indented line now is more of the entry before (its protection)
};

}  // namespace

std::unique_ptr<LineParser> make_vms_parser(const ListTime& time) {
    return std::make_unique<VmsParser>(time);
}

}  // namespace fairlead::ftp
