#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

using fields::Words;

/// z/OS: data sets, members of a partitioned data set, members of a load library, jobs. The heading tells
/// which. (Directories of its Unix part come in the Unix form.)
///
/// Sizes are in tracks or records and dates of data sets are those of the last reference, so neither becomes
/// a size in bytes or a time of modification.
class ZosParser final : public LineParser {
  public:
    explicit ZosParser(const ListTime& time) : time_(time) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const Words words(line);
        if (words.size() == 0) return LineResult::ignored;
        if (const auto kind = heading(words); kind != Kind::none) {
            kind_ = kind;
            return LineResult::ignored;
        }
        switch (kind_) {
            case Kind::none:
                return LineResult::bad;
            case Kind::data_sets:
                return data_set(line, words, entry);
            case Kind::members:
                return member(words, entry);
            case Kind::load_members:
                return load_member(words, entry);
            case Kind::jobs:
                return job(words, entry);
        }
        return LineResult::bad;
    }

  private:
    enum class Kind { none, data_sets, members, load_members, jobs };

    static Kind heading(const Words& words) noexcept {
        if (words.size() < 4) return Kind::none;
        const auto first = words[0].text, second = words[1].text;
        if (first == "Volume" && second == "Unit") return Kind::data_sets;
        if (first == "Name" && second == "VV.MM") return Kind::members;
        if (first == "Name" && second == "Size" && words[2].text == "TTR") return Kind::load_members;
        if (first == "JOBNAME" && second == "JOBID") return Kind::jobs;
        return Kind::none;
    }

    /// Data set names: up to 44 of letters, digits, @ # $ - and ".", perhaps in apostrophes.
    static bool is_data_set_name(std::string_view name) noexcept {
        return !name.empty() && name.size() <= 46 &&
               name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$.-'{") ==
                   std::string_view::npos;
    }
    static bool is_member_name(std::string_view name) noexcept {
        return name.size() <= 8 && !text::is_digit(name.front()) && is_data_set_name(name) &&
               name.find_first_of(".'") == std::string_view::npos;
    }

    static LineResult data_set(std::string_view line, const Words& words, Entry& entry) {
        const auto name = words[words.size() - 1].text;
        if (words.size() < 2 || !is_data_set_name(name)) return LineResult::bad;
        if (words[0].text == "Pseudo" && words[1].text == "Directory") {
            entry.type = EntryType::directory;
        } else if (words[0].text == "Migrated" || words[0].text == "MIGRAT" || words[0].text == "ARCIVE" ||
                   line.find("Not Direct Access") != std::string_view::npos) {
            entry.type = EntryType::file;  // somewhere else; reading it brings it back
        } else if (words[0].text == "Error" || words[0].text == "User" || words[0].text == "GDG") {
            entry.type = EntryType::other;
        } else {
            const auto organisation = words[words.size() - 2].text;
            if (organisation.starts_with("PO"))
                entry.type = EntryType::directory;
            else if (organisation.starts_with("PS") || organisation.starts_with("DA"))
                entry.type = EntryType::file;
            else if (organisation == "VSAM" || organisation == "VS" || organisation == "GDG" ||
                     organisation == "PATH")
                entry.type = EntryType::other;
            else
                return LineResult::bad;
        }
        entry.name = name;
        return LineResult::entry;
    }

    /// "MEMBER    01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001"; without statistics the name
    /// alone.
    LineResult member(const Words& words, Entry& entry) {
        if (!is_member_name(words[0].text)) return LineResult::bad;
        entry.name = words[0].text;
        if (words.size() == 1) return LineResult::entry;
        if (words.size() < 5) return LineResult::bad;
        const auto changed = fields::date_numbers(words[3].text);
        const auto clock = fields::clock(words[4].text);
        if (!changed || !clock) return LineResult::bad;
        entry.modified = time_.at(static_cast<int>(changed->value[0]), changed->value[1], changed->value[2],
                                  clock->hour, clock->minute);
        entry.modified_precision = TimePrecision::minute;
        if (words.size() >= 9) entry.owner = words[8].text;
        return LineResult::entry;
    }

    /// "EAGKCPT   000058   000009          00 FO             RN RU            31    ANY"
    static LineResult load_member(const Words& words, Entry& entry) {
        if (words[0].text.front() == '-') return LineResult::ignored;
        if (words.size() < 3 || !is_member_name(words[0].text) ||
            words[1].text.find_first_not_of("0123456789ABCDEF") != std::string_view::npos)
            return LineResult::bad;
        entry.name = words[0].text;
        return LineResult::entry;
    }

    /// "IBMUSER1 JOB01906  IBMUSER  OUTPUT A        RC=0000  3 spool files": jobs are read by their id.
    static LineResult job(const Words& words, Entry& entry) {
        if (words.size() < 4 || words[1].text.size() != 8 || text::is_digit(words[1].text.front()))
            return LineResult::bad;
        entry.name = words[1].text;
        entry.owner = words[2].text;
        return LineResult::entry;
    }

    ListTime time_;
    Kind kind_ = Kind::none;
};

}  // namespace

std::unique_ptr<LineParser> make_zos_parser(const ListTime& time) {
    return std::make_unique<ZosParser>(time);
}

}  // namespace fairlead::ftp
