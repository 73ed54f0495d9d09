#include "cli/filter_flags.hpp"

#include <fmt/format.h>

#include "base/quantity.hpp"
#include "cli/verb.hpp"

namespace fairlead::cli {
namespace {

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

EntryType parse_type(const std::string& word) {
    if (word == "f" || word == "file") return EntryType::file;
    if (word == "d" || word == "directory") return EntryType::directory;
    if (word == "l" || word == "symlink") return EntryType::symlink;
    if (word == "o" || word == "other") return EntryType::other;
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a type of entry.", word))
        .hinting("choose file, directory, symlink or other (f, d, l, o)");
}

}  // namespace

transfer::Filter FilterFlags::to_filter() const {
    transfer::Filter filter;
    for (const auto& pattern : include)
        filter.include.emplace_back(pattern);
    for (const auto& pattern : exclude)
        filter.exclude.emplace_back(pattern);
    for (const auto& pattern : names)
        filter.names.emplace_back(pattern);
    for (const auto& word : types)
        filter.types.push_back(parse_type(word));
    if (regex) filter.expression.emplace(*regex);
    if (min_size) filter.min_size = parse_size(*min_size, "min-size");
    if (max_size) filter.max_size = parse_size(*max_size, "max-size");
    if (min_age) filter.modified_before = parse_age(*min_age, now(), "min-age");
    if (max_age) filter.modified_since = parse_age(*max_age, now(), "max-age");
    return filter;
}

void add_filter_options(CLI::App& verb, FilterFlags& flags) {
    verb.add_option("--include", flags.include,
                    "Only files whose name matches (with a / in it: whose path does)")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    verb.add_option("--exclude", flags.exclude, "Not what matches; a directory that matches is not entered")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    add_optional(verb, "--min-size", flags.min_size, "Only files of at least this size, such as 10M")
        ->type_name("SIZE");
    add_optional(verb, "--max-size", flags.max_size, "Only files of at most this size")->type_name("SIZE");
    add_optional(verb, "--min-age", flags.min_age,
                 "Only what was changed at least this long ago, such as 2h, or before a date")
        ->type_name("AGE");
    add_optional(verb, "--max-age", flags.max_age,
                 "Only what was changed at most this long ago, or since a date")
        ->type_name("AGE");
    verb.add_option("--name", flags.names, "Only what has a matching name")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    add_optional(verb, "--regex", flags.regex, "Only what has a path in which this is found (RE2)")
        ->type_name("REGEX");
    verb.add_option("--type", flags.types, "Only file, directory, symlink or other (f, d, l, o)")
        ->type_name("TYPE")
        ->allow_extra_args(false);
}

}  // namespace fairlead::cli
