#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ftp/listing/list_parser.hpp"

namespace fairlead::ftp {

/// 1 April 2026, noon: the present of the listing tests.
inline Time april() {
    using namespace std::chrono;
    return sys_days(year(2026) / 4 / 1) + hours(12);
}

struct Listed {
    std::vector<Entry> entries;
    std::size_t skipped = 0;
    ListDialect dialect = ListDialect::unknown;
    bool took_switch_for_name = false;
};

inline Listed list(std::string_view text, ListOptions options = {}) {
    options.now = april();
    ListParser parser(options);
    parser.feed(text);
    parser.finish();
    auto entries = parser.take_batch();
    return {std::move(entries), parser.skipped(), parser.dialect(), parser.took_switch_for_name()};
}

inline Listed list_as(ListDialect dialect, std::string_view text) {
    ListOptions options;
    options.dialect = dialect;
    return list(text, options);
}

/// An entry in one line, to compare with: "d 4096 2026-03-01T09:30:00Z/minute 755 anna:staff name -> target".
inline std::string shown(const Entry& entry) {
    std::string text;
    switch (entry.type) {
        case EntryType::file:
            text = "-";
            break;
        case EntryType::directory:
            text = "d";
            break;
        case EntryType::symlink:
            text = "l";
            break;
        case EntryType::other:
            text = "?";
            break;
    }
    text += " " + (entry.size ? std::to_string(*entry.size) : "?");
    text += " " + (entry.modified
                       ? to_rfc3339(*entry.modified) + "/" + std::string(to_string(entry.modified_precision))
                       : "?");
    std::string mode = "?";
    if (entry.mode) {
        mode.clear();
        for (auto left = *entry.mode; left != 0 || mode.empty(); left /= 8)
            mode.insert(mode.begin(), static_cast<char>('0' + left % 8));
    }
    text += " " + mode + " " + entry.owner.value_or("?") + ":" + entry.group.value_or("?");
    text += " " + entry.name;
    if (entry.target) text += " -> " + *entry.target;
    return text;
}

/// The only entry of a listing of one line, shown; else what went wrong.
inline std::string one(std::string_view line, ListOptions options = {}) {
    const auto listed = list(line, options);
    if (listed.entries.size() != 1)
        return std::to_string(listed.entries.size()) + " entries, " + std::to_string(listed.skipped) +
               " skipped";
    return shown(listed.entries[0]);
}

}  // namespace fairlead::ftp
