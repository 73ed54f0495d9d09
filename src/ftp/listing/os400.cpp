#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// IBM i (OS/400):
///
///     QSYS            77824 03/01/26 15:09:55 *DIR       QOpenSys/
///     PEP             36864 03/01/26 14:23:54 *FILE      FILE.FILE
///     PEP                                     *MEM       FILE.FILE/MEMBER.MBR
///     QDFTOWN          2048 03/01/26 14:23:54 *STMF      a file with blanks.txt
class Os400Parser final : public LineParser {
  public:
    explicit Os400Parser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const fields::Words words(line);
        std::size_t type_at = 0;
        for (std::size_t i = 1; i < words.size() && i < 6 && type_at == 0; ++i)
            if (words[i].text.size() > 1 && words[i].text.front() == '*' &&
                words[i].text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 1) ==
                    std::string_view::npos)
                type_at = i;
        if (type_at == 0) return LineResult::bad;
        const auto type = words[type_at];

        // The type fills ten columns and one blank follows; what is beyond belongs to the name.
        auto name_at = type.begin + 11;
        const auto first = line.find_first_not_of(' ', type.end);
        if (first == std::string_view::npos) return LineResult::bad;
        if (first < name_at) name_at = first;
        auto name = line.substr(name_at);
        const bool slash = name.ends_with('/');
        if (slash) name.remove_suffix(1);
        const auto kind = type.text.substr(1);
        if (kind == "MEM") {
            if (const auto last = name.rfind('/'); last != std::string_view::npos)
                name.remove_prefix(last + 1);
        } else if (slash || kind == "DIR" || kind == "DDIR" || kind == "LIB" || kind == "FLR") {
            entry.type = EntryType::directory;
        } else if (kind == "SYMLNK") {
            entry.type = EntryType::symlink;
        } else if (kind != "FILE" && kind != "STMF" && kind != "DSTMF" && kind != "DOC") {
            entry.type = EntryType::other;
        }
        entry.name = name;
        entry.owner = words[0].text;
        if (type_at == 4) {
            entry.size = fields::number(words[1].text);
            set_time(words[2].text, words[3].text, entry);
        }
        return LineResult::entry;
    }

  private:
    /// The order of day, month and year is a setting of the job. Month first, until a line shows otherwise.
    void set_time(std::string_view day_word, std::string_view clock_word, Entry& entry) {
        const auto date = fields::date_numbers(day_word);
        const auto clock = fields::clock(clock_word);
        if (!date || !clock) return;
        const auto& [a, b, c] = date->value;
        if (date->digits[0] == 4 || (a > 31 && date->digits[0] == 2))
            order_ = Order::year_first;
        else if (a > 12 && a <= 31 && b <= 12 && order_ != Order::year_first)
            order_ = Order::day_first;
        const auto full = [](unsigned year, unsigned digits) {
            return digits > 2 ? static_cast<int>(year) : ListTime::full_year(static_cast<int>(year));
        };
        std::optional<Time> time;
        switch (order_) {
            case Order::month_first:
                time = time_.at(full(c, date->digits[2]), a, b, clock->hour, clock->minute, clock->second);
                break;
            case Order::day_first:
                time = time_.at(full(c, date->digits[2]), b, a, clock->hour, clock->minute, clock->second);
                break;
            case Order::year_first:
                time = time_.at(full(a, date->digits[0]), b, c, clock->hour, clock->minute, clock->second);
                break;
        }
        entry.modified = time;
        entry.modified_precision = clock->has_seconds ? TimePrecision::second : TimePrecision::minute;
    }

    ListTime time_;
    enum class Order { month_first, day_first, year_first } order_ = Order::month_first;
};

}  // namespace

std::unique_ptr<LineParser> make_os400_parser(const ListTime& time) {
    return std::make_unique<Os400Parser>(time);
}

}  // namespace fairlead::ftp
