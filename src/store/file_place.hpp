#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/glob.hpp"
#include "base/path.hpp"
#include "catalog/run.hpp"
#include "store/run_store.hpp"

namespace fairlead::store {

/// By what a file of a run is found: the same on every engine.
struct FilePlace {
    std::string connection;         ///< of the run, in lower case
    std::string target_connection;  ///< in lower case; empty: the same, or none
    std::string name;               ///< the last part of the source's path, or else of the target's
    std::string target_name;        ///< empty: the same, or none
};
FilePlace place_of(std::string_view connection, const catalog::RunFile& file);

/// As names of connections are compared.
std::string lower_case(std::string_view name);

/// A pattern of LIKE, with a backslash as its escape, that takes at least what a shell pattern takes.
std::string like_of(std::string_view pattern);

/// What every name that a shell pattern takes begins with; "" where they may begin with anything.
std::string beginning_of(std::string_view pattern);
/// What comes after every text that begins so, compared byte by byte.
std::string after_all(std::string_view beginning);

/// So many names that begin alike are few: they are looked up one by one. Of more, the newest are sure to come soon when
/// all are looked through.
inline constexpr std::int64_t kFew = 20'000;

/// Pages of `read` (as many runs as its query's limit, unless there are no more), of which those stay that `has` says to
/// hold a file whose name the query's pattern takes, until there are enough.
template <class Read, class Has>
std::vector<catalog::Run> holding(RunQuery query, const Read& read, const Has& has) {
    if (!Glob::is_pattern(query.file)) return read(query);
    const Glob glob(query.file);
    const auto wanted = query.limit;
    std::vector<catalog::Run> found;
    for (;;) {
        auto page = read(query);
        const bool more = page.size() == query.limit;
        if (more) query.before = page.back().id;
        for (auto& run : page) {
            if (!has(run.id, glob)) continue;
            found.push_back(std::move(run));
            if (found.size() == wanted) return found;
        }
        if (!more) return found;
    }
}

/// Pages of `read` (as many files as its query's limit, unless there are no more), of which those stay whose name
/// the query's pattern takes, until there are enough.
template <class Read>
std::vector<FoundFile> matching(FileQuery query, const Read& read) {
    const auto wanted = query.limit;
    const bool is_pattern = Glob::is_pattern(query.name);
    const Glob glob(is_pattern ? query.name : "*");
    const auto takes = [&](const std::string& path) { return glob.matches(path::name(path)); };
    std::vector<FoundFile> found;
    for (;;) {
        auto page = read(query);
        const bool more = page.size() == query.limit;
        if (more) query.before = mark_of(page.back());
        for (auto& one : page) {
            if (is_pattern && !takes(one.file.source) && !takes(one.file.target)) continue;
            found.push_back(std::move(one));
            if (found.size() == wanted) return found;
        }
        if (!more) return found;
    }
}

}  // namespace fairlead::store
