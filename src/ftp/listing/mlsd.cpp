#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"
#include "ftp/time_value.hpp"

namespace fairlead::ftp {
namespace {

using text::equal_ignoring_case;

std::optional<std::uint32_t> octal(std::string_view text) noexcept {
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 7) return std::nullopt;
    for (const char c : text) {
        if (c < '0' || c > '7') return std::nullopt;
        value = value * 8 + static_cast<std::uint32_t>(c - '0');
    }
    return value & 07777;
}

/// What a "type" fact says; false for the directory itself and its parent, which are no entries.
bool read_type(std::string_view value, Entry& entry) {
    if (equal_ignoring_case(value, "file")) {
        entry.type = EntryType::file;
    } else if (equal_ignoring_case(value, "dir")) {
        entry.type = EntryType::directory;
    } else if (equal_ignoring_case(value, "cdir") || equal_ignoring_case(value, "pdir")) {
        return false;
    } else if (equal_ignoring_case(value.substr(0, 11), "OS.unix=sli") ||
               equal_ignoring_case(value.substr(0, 11), "OS.unix=sym")) {
        entry.type = EntryType::symlink;
        if (const auto colon = value.find(':'); colon != std::string_view::npos && colon + 1 < value.size())
            entry.target = value.substr(colon + 1);
    } else {
        entry.type = EntryType::other;
    }
    return true;
}

class MlsdParser final : public LineParser {
  public:
    // RFC 3659, 7.2: facts, each ended by ";", one space, and the name, which may begin with spaces. A line
    // without any fact, which the RFC allows, is more likely some other text.
    LineResult parse(std::string_view line, Entry& entry) override {
        auto split = line.find(' ');
        if (split == std::string_view::npos) return LineResult::bad;
        // The target of a link may hold spaces; the facts then end where the ";" is.
        if (split > 0 && line[split - 1] != ';' &&
            text::lowered(line.substr(0, split)).find("slink:") != std::string::npos)
            if (const auto end = line.find("; ", split); end != std::string_view::npos) split = end + 1;
        auto facts = line.substr(0, split);
        entry.name = line.substr(split + 1);

        bool any = false;
        bool is_entry = true, owner_by_name = false, group_by_name = false;
        while (!facts.empty()) {
            const auto end = std::min(facts.find(';'), facts.size());
            const auto fact = facts.substr(0, end);
            facts.remove_prefix(std::min(end + 1, facts.size()));
            const auto equals = fact.find('=');
            if (equals == std::string_view::npos) {
                if (fact.empty()) continue;
                return LineResult::bad;
            }
            any = true;
            const auto key = fact.substr(0, equals), value = fact.substr(equals + 1);
            if (equal_ignoring_case(key, "type")) {
                is_entry = read_type(value, entry);
            } else if (equal_ignoring_case(key, "size") || equal_ignoring_case(key, "sizd")) {
                entry.size = fields::number(value);
            } else if (equal_ignoring_case(key, "modify")) {
                if (const auto time = parse_time_value(value)) {
                    entry.modified = time->time;
                    entry.modified_precision = time->precision;
                }
            } else if (equal_ignoring_case(key, "unix.mode")) {
                entry.mode = octal(value);
            } else if (equal_ignoring_case(key, "unix.ownername")) {
                entry.owner = value;
                owner_by_name = true;
            } else if (equal_ignoring_case(key, "unix.groupname")) {
                entry.group = value;
                group_by_name = true;
            } else if (equal_ignoring_case(key, "unix.owner") || equal_ignoring_case(key, "unix.uid")) {
                if (!owner_by_name) entry.owner = value;
            } else if (equal_ignoring_case(key, "unix.group") || equal_ignoring_case(key, "unix.gid")) {
                if (!group_by_name) entry.group = value;
            }
        }
        if (!any) return LineResult::bad;
        return is_entry ? LineResult::entry : LineResult::ignored;
    }
};

}  // namespace

std::unique_ptr<LineParser> make_mlsd_parser() {
    return std::make_unique<MlsdParser>();
}

}  // namespace fairlead::ftp
