#include <algorithm>

#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

using fields::Word;
using fields::Words;
using text::is_digit;

/// The permission bits of "rwxr-sr-t", or nothing when it is not of this form.
std::optional<std::uint32_t> permission_bits(std::string_view text) noexcept {
    std::uint32_t mode = 0;
    for (std::size_t i = 0; i < 9; ++i) {
        const char c = text[i];
        const std::uint32_t bit = 0400U >> i;
        const std::uint32_t special = 04000U >> (i / 3);
        if (c == '-') continue;
        switch (i % 3) {
            case 0:
                if (c != 'r') return std::nullopt;
                mode |= bit;
                break;
            case 1:
                if (c != 'w') return std::nullopt;
                mode |= bit;
                break;
            default:
                if (c == 'x')
                    mode |= bit;
                else if (c == 's' || c == 't')
                    mode |= bit | special;
                else if (c == 'S' || c == 'T')
                    mode |= special;
                else if (c != 'l' && c != 'L')  // System V: mandatory locking
                    return std::nullopt;
        }
    }
    return mode;
}

bool is_day(std::string_view word, unsigned& day) noexcept {
    // "1." in German and Danish, "1日" and "1일" in Chinese, Japanese and Korean.
    std::size_t digits = 0;
    day = 0;
    while (digits < word.size() && digits < 2 && is_digit(word[digits]))
        day = day * 10 + static_cast<unsigned>(word[digits++] - '0');
    const auto rest = word.substr(digits);
    return digits > 0 && day >= 1 && day <= 31 &&
           (rest.empty() || rest == "." || rest == "," || rest == "日" || rest == "일" ||
            rest == "\xc8\xd5" || rest == "\x93\xfa");
}

/// "2024", also with the sign for "year" behind, as in "2024年"; 0 when it is none.
int year_of(std::string_view word) noexcept {
    if (word.size() < 4) return 0;
    int year = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        if (!is_digit(word[i])) return 0;
        year = year * 10 + (word[i] - '0');
    }
    const auto rest = word.substr(4);
    return rest.empty() || rest == "年" || rest == "년" || rest == "," ? year : 0;
}

/// Three digits or more, and nothing else: no date begins so.
bool is_large_number(std::string_view word) noexcept {
    return word.size() >= 3 && std::all_of(word.begin(), word.end(), is_digit);
}

struct ListedTime {
    Time time;
    TimePrecision precision = TimePrecision::minute;
    std::size_t words = 0;  ///< how many it takes up
};

class UnixParser final : public LineParser {
  public:
    explicit UnixParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        if (like_before(line, entry)) return LineResult::entry;
        if (line.size() < 10 || !starts_like_entry(line))
            return heading(line) ? LineResult::ignored : LineResult::bad;
        const auto mode = permission_bits(line.substr(1, 9));
        if (!mode) return heading(line) ? LineResult::ignored : LineResult::bad;
        std::size_t facts = 10;
        while (facts < line.size() && line[facts] != ' ' && line[facts] != '\t') {
            // "+" access list, "." SELinux context, "@" extended attributes; a link count may follow at once.
            if (is_digit(line[facts])) break;
            if (facts > 11 || !is_mark(line[facts])) return LineResult::bad;
            ++facts;
        }
        const auto rest = line.substr(facts);
        const Words words(rest);

        // The first number that a date follows is the size; names of owners may hold blanks and numbers.
        for (std::size_t i = 0; i + 2 < words.size(); ++i) {
            if (!is_digit(words[i].text.front())) continue;
            const auto size = fields::grouped_number(words[i].text);
            const bool device_pair = !size && is_device(line[0]);
            if (!size && !device_pair) continue;
            if (is_large_number(words[i + 1].text)) continue;
            const auto time = same_time(rest, words, i + 1);
            if (!time) continue;
            const auto last = i + time->words;
            const auto name_at = words[last].end + 1;  // exactly one blank, all others belong to the name
            if (name_at >= rest.size()) return LineResult::bad;
            entry.modified = time->time;
            entry.modified_precision = time->precision;
            entry.mode = *mode;
            if (!is_device(line[0])) entry.size = size;
            set_owner(rest, words, i, line[0], entry);
            // Behind seconds, or a date alone, more of the time may follow where the name stood here.
            if (entry.size && time->words > 1 && time->precision != TimePrecision::second)
                remember(line, facts + words[i].begin, facts + words[i].end, facts + name_at, entry);
            set_type_and_name(line[0], rest.substr(name_at), entry);
            return LineResult::entry;
        }
        return LineResult::bad;
    }

  private:
    static bool starts_like_entry(std::string_view line) noexcept {
        return std::string_view("-dlbcpsDCnMPw?").find(line[0]) != std::string_view::npos;
    }
    static bool is_device(char type) noexcept { return type == 'b' || type == 'c'; }
    static bool is_mark(char c) noexcept { return c == '+' || c == '.' || c == '@' || c == '*'; }

    /// Neighbours in a listing often differ in nothing but size and name. Between the same words the size is
    /// the same word again, unless it is so small that a date could begin with it.
    bool like_before(std::string_view line, Entry& entry) const {
        if (before_size_.empty() || !line.starts_with(before_size_)) return false;
        auto at = before_size_.size();
        while (at < line.size() && line[at] == ' ')
            ++at;
        const auto begin = at;
        while (at < line.size() && is_digit(line[at]))
            ++at;
        const auto digits = line.substr(begin, at - begin);
        const auto rest = line.substr(at);
        if (begin == before_size_.size() || !rest.starts_with(behind_size_) ||
            rest.size() == behind_size_.size())
            return false;
        const bool certain = digits == size_text_ || (is_large_number(digits) && is_large_number(size_text_));
        const auto size = certain ? fields::number(digits) : std::nullopt;
        if (!size) return false;
        entry.modified = before_.modified;
        entry.modified_precision = before_.modified_precision;
        entry.mode = before_.mode;
        entry.owner = before_.owner;
        entry.group = before_.group;
        entry.size = size;
        set_type_and_name(line[0], rest.substr(behind_size_.size()), entry);
        return true;
    }

    /// What like_before compares with: the size stands from `begin` to `end`, the name begins at `name`.
    void remember(std::string_view line, std::size_t begin, std::size_t end, std::size_t name,
                  const Entry& entry) {
        const auto before = line.find_last_not_of(' ', begin - 1);
        before_size_ = line.substr(0, before + 1);
        size_text_ = line.substr(begin, end - begin);
        behind_size_ = line.substr(end, name - end);
        before_ = entry;
    }

    /// "total 12", in any language: a word and a number, or the words of Chinese and Japanese joined to it.
    static bool heading(std::string_view line) noexcept {
        const Words words(line);
        if (words.size() == 2)
            return !is_digit(words[0].text.front()) && is_digit(words[1].text.front()) &&
                   words[1].text.find_first_not_of("0123456789.,KMGTkmgt") == std::string_view::npos;
        if (words.size() == 1) {
            const auto digits = line.find_first_of("0123456789");
            return line.starts_with("总") || line.starts_with("合") ||
                   (text::equal_ignoring_case(line.substr(0, 5), "total") &&
                    digits != std::string_view::npos);
        }
        return false;
    }

    /// Neighbours in a listing often have the same time, to the minute: then it is the one before.
    std::optional<ListedTime> same_time(std::string_view rest, const Words& words, std::size_t at) {
        constexpr std::size_t kWords = 3;  // "Mar 1 09:30", "Mar 1 2024"
        if (at + kWords >= words.size()) return listed_time(words, at);
        const auto begin = words[at].begin;
        const auto text = rest.substr(begin, words[at + kWords - 1].end - begin);
        if (text == latest_text_) return latest_;
        const auto time = listed_time(words, at);
        if (time && time->words == kWords && time->precision != TimePrecision::second) {
            latest_text_ = text;
            latest_ = *time;
        }
        return time;
    }

    std::optional<ListedTime> listed_time(const Words& words, std::size_t at) {
        const auto first = words[at].text;
        if (at + 2 < words.size()) {
            unsigned day = 0;
            if (const auto month = fields::month(first); month != 0 && is_day(words[at + 1].text, day))
                return month_and_day(words, at + 2, month, day);
            if (is_day(first, day))
                if (const auto month = fields::month(words[at + 1].text); month != 0)
                    return month_and_day(words, at + 2, month, day);
            // "2026年 3月 1日"; without its sign the year could be a size.
            if (const auto year = first.size() > 5 ? year_of(first) : 0; year != 0)
                if (const auto month = fields::month(words[at + 1].text);
                    month != 0 && is_day(words[at + 2].text, day))
                    if (const auto time = time_.at(year, month, day))
                        return ListedTime{*time, TimePrecision::day, 3};
        }
        return is_digit(first.front()) ? iso(words, at) : std::nullopt;
    }

    /// What follows "Mar 1": a time of day, perhaps with a year behind (BSD ls -T), or a year.
    std::optional<ListedTime> month_and_day(const Words& words, std::size_t at, unsigned month,
                                            unsigned day) {
        const auto word = words[at].text;
        if (const auto year = year_of(word); year != 0) {
            const auto time = time_.at(year, month, day);
            return time ? std::optional(ListedTime{*time, TimePrecision::day, 3}) : std::nullopt;
        }
        const auto clock = fields::clock(word);
        if (!clock) return std::nullopt;
        if (clock->has_seconds && at + 2 < words.size())
            if (const auto year = year_of(words[at + 1].text); year != 0 && words[at + 1].text.size() == 4)
                if (const auto time = time_.at(year, month, day, clock->hour, clock->minute, clock->second))
                    return ListedTime{*time, TimePrecision::second, 4};
        const auto time = time_.recent(month, day, clock->hour, clock->minute, clock->second);
        if (!time) return std::nullopt;
        return ListedTime{*time, clock->has_seconds ? TimePrecision::second : TimePrecision::minute, 3};
    }

    /// GNU ls with --time-style: "2026-03-01 09:30", "2026-03-01 09:30:12.5 +0100", "03-01 09:30",
    /// "2026-03-01".
    std::optional<ListedTime> iso(const Words& words, std::size_t at) {
        const auto first = words[at].text;
        const auto clock = at + 2 < words.size() ? fields::clock(words[at + 1].text) : std::nullopt;
        if (first.size() == 5 && first[2] == '-' && clock) {
            const auto month = fields::number(first.substr(0, 2)), day = fields::number(first.substr(3));
            if (!month || !day) return std::nullopt;
            const auto time = time_.recent(static_cast<unsigned>(*month), static_cast<unsigned>(*day),
                                           clock->hour, clock->minute);
            return time ? std::optional(ListedTime{*time, TimePrecision::minute, 2}) : std::nullopt;
        }
        const auto date = fields::date_numbers(first);
        if (!date || date->digits[0] != 4) return std::nullopt;
        const auto year = static_cast<int>(date->value[0]);
        if (!clock) {
            const auto time = time_.at(year, date->value[1], date->value[2]);
            return time ? std::optional(ListedTime{*time, TimePrecision::day, 1}) : std::nullopt;
        }
        const auto precision = clock->has_seconds ? TimePrecision::second : TimePrecision::minute;
        if (clock->has_seconds && at + 3 < words.size()) {
            const auto zone = words[at + 2].text;
            if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-'))
                if (const auto offset = fields::number(zone.substr(1))) {
                    ListTime utc("UTC", Time{});
                    auto time = utc.at(year, date->value[1], date->value[2], clock->hour, clock->minute,
                                       clock->second);
                    if (!time) return std::nullopt;
                    const auto shift = std::chrono::minutes(*offset / 100 * 60 + *offset % 100);
                    return ListedTime{zone[0] == '+' ? *time - shift : *time + shift, precision, 3};
                }
        }
        const auto time =
            time_.at(year, date->value[1], date->value[2], clock->hour, clock->minute, clock->second);
        return time ? std::optional(ListedTime{*time, precision, 2}) : std::nullopt;
    }

    /// Owner and group stand between the link count, which may be missing, and the size.
    static void set_owner(std::string_view rest, const Words& words, std::size_t size_at, char type,
                          Entry& entry) {
        if (is_device(type) && size_at > 0 && words[size_at - 1].text.back() == ',') --size_at;  // "8, 0"
        std::size_t first = size_at > 0 && fields::number(words[0].text) ? 1 : 0;
        if (first >= size_at) return;
        entry.owner = words[first].text;
        if (first + 1 >= size_at) return;
        const auto from = words[first + 1].begin;
        entry.group = rest.substr(from, words[size_at - 1].end - from);
    }

    static void set_type_and_name(char type, std::string_view name, Entry& entry) {
        switch (type) {
            case '-':
                entry.type = EntryType::file;
                break;
            case 'd':
                entry.type = EntryType::directory;
                if (name.size() > 1 && name.back() == '/') name.remove_suffix(1);  // ls -F
                break;
            case 'l': {
                entry.type = EntryType::symlink;
                // The size of a link is the length of its target: that tells which arrow is the right one.
                constexpr std::string_view kArrow = " -> ";
                auto arrow = name.find(kArrow);
                if (entry.size && *entry.size + kArrow.size() < name.size()) {
                    const auto by_size = name.size() - *entry.size - kArrow.size();
                    if (name.substr(by_size, kArrow.size()) == kArrow) arrow = by_size;
                }
                if (arrow != std::string_view::npos) {
                    entry.target = name.substr(arrow + kArrow.size());
                    name = name.substr(0, arrow);
                }
                break;
            }
            default:
                entry.type = EntryType::other;
        }
        entry.name = name;
    }

    ListTime time_;
    std::string latest_text_;
    ListedTime latest_;
    std::string before_size_, size_text_, behind_size_;  // of the latest line
    Entry before_;
};

}  // namespace

std::unique_ptr<LineParser> make_unix_parser(const ListTime& time) {
    return std::make_unique<UnixParser>(time);
}

}  // namespace fairlead::ftp
