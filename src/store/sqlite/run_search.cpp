// Lists of runs and of their files.

#include <fmt/format.h>

#include "base/glob.hpp"
#include "store/file_place.hpp"
#include "store/run_rows.hpp"
#include "store/run_words.hpp"
#include "store/sqlite/conditions.hpp"
#include "store/sqlite/run_store.hpp"

namespace fairlead::store::sqlite {
namespace {

using catalog::Run;

/// One way to the files that are wanted: an index, and the conditions that lead along it.
struct Way {
    const char* index;
    Conditions where;
};

/// Files come from a connection or go to it, have their name at the source or at the target: each by its own index.
/// `few`: not many files have a name that begins as the pattern does.
std::vector<Way> ways_of(const FileQuery& query, bool few) {
    const bool exact = !query.name.empty() && !Glob::is_pattern(query.name);
    std::vector<Way> ways;
    const bool failed = query.failed.value_or(false);
    const auto connection = lower_case(query.connection);
    if (failed && !exact) {
        ways.push_back({"run_file_failed", {}});
        if (!connection.empty()) ways[0].where.add_all("(f.connection = ? OR f.target_connection = ?)", {connection, connection});
    } else if (!connection.empty()) {
        ways.resize(2);
        ways[0].index = "run_file_by_connection";
        ways[0].where.add("f.connection = ?", connection);
        ways[1].index = "run_file_by_target";
        ways[1].where.add("f.target_connection <> '' AND f.target_connection = ?", connection);
    } else if (exact) {
        ways.resize(2);
        ways[0].index = "run_file_by_name";
        ways[0].where.add("f.name = ?", query.name);
        ways[1].index = "run_file_by_target_name";
        ways[1].where.add("f.target_name <> '' AND f.target_name = ?", query.name);
    } else if (few) {
        const auto begin = beginning_of(query.name);
        ways.resize(2);
        ways[0].index = "run_file_by_name";
        const auto like = like_of(query.name);
        ways[0].where.add_all("f.name >= ? AND f.name < ? AND f.name LIKE ? ESCAPE '\\'", {begin, after_all(begin), like});
        ways[1].index = "run_file_by_target_name";
        ways[1].where.add_all("f.target_name <> '' AND f.target_name >= ? AND f.target_name < ? AND f.target_name LIKE ? ESCAPE '\\' "
                              "AND NOT (f.name >= ? AND f.name < ? AND f.name LIKE ? ESCAPE '\\')",
                              {begin, after_all(begin), like, begin, after_all(begin), like});
    } else {
        ways.push_back({"run_file_by_time", {}});
    }
    for (auto& way : ways) {
        auto& where = way.where;
        where.add("f.project = ?", query.project);
        if (query.since) where.add("f.finished_at >= ?", to_number(*query.since));
        if (query.until) where.add("f.finished_at < ?", to_number(*query.until));
        if (query.before) {
            where.add("f.finished_at <= ?", to_number(query.before->at));
            where.add_all("(f.finished_at, f.run, f.number) < (?, ?, ?)",
                          {to_number(query.before->at), query.before->run, query.before->number});
        }
        if (exact && !query.connection.empty())
            where.add_all("(f.name = ? OR f.target_name = ?)", {query.name, query.name});
        if (!exact && !query.name.empty() && ways[0].index != std::string_view("run_file_by_name")) {
            const auto like = like_of(query.name);
            where.add_all("(f.name LIKE ? ESCAPE '\\' OR f.target_name LIKE ? ESCAPE '\\')", {like, like});
        }
        if (!query.outcome.empty()) where.add("f.outcome = ?", query.outcome);
        if (query.failed) where.add_all(failed ? "f.error <> ''" : "f.error = ''", {});
        if (!query.subject.empty()) where.add("r.subject = ? COLLATE NOCASE", query.subject);
    }
    return ways;
}

/// Runs with a file of this name, by its index, or, where many begin alike, run by run.
void add_file(Conditions& where, const RunQuery& query, bool few) {
    const bool is_pattern = Glob::is_pattern(query.file);
    if (query.projects.empty() || (is_pattern && !few)) {
        const std::string one = is_pattern ? "LIKE ? ESCAPE '\\'" : "= ?";
        const auto name = is_pattern ? like_of(query.file) : query.file;
        return where.add_all(fmt::format("EXISTS (SELECT 1 FROM run_file f INDEXED BY run_file_names WHERE f.run = run.id AND "
                                         "(f.name {0} OR f.target_name {0}))", one),
                             {name, name});
    }
    const auto begin = is_pattern ? beginning_of(query.file) : query.file;
    std::string sql;
    std::vector<Conditions::Value> values;
    for (const auto* column : {"name", "target_name"})
        for (const auto& project : query.projects) {
            sql += fmt::format("{0}SELECT f.run FROM run_file f INDEXED BY run_file_by_{1} WHERE f.project = ? AND f.{1} <> '' AND "
                               "f.{1} >= ? AND f.{1} {2} ?",
                               sql.empty() ? "" : " UNION ALL ", column, is_pattern ? "<" : "<=");
            values.insert(values.end(), {project, begin, is_pattern ? after_all(begin) : begin});
        }
    where.add_all("id IN (" + sql + ")", std::move(values));
}

}  // namespace

bool SqliteRunStore::are_few(const std::vector<std::string>& projects, std::string_view pattern) {
    if (!Glob::is_pattern(pattern) || beginning_of(pattern).empty() || projects.empty()) return false;
    const auto begin = beginning_of(pattern);
    std::int64_t count = 0;
    for (const auto* column : {"name", "target_name"})
        for (const auto& project : projects) {
            auto rows = database_.prepare(fmt::format(
                "SELECT count(*) FROM (SELECT 1 FROM run_file f INDEXED BY run_file_by_{0} WHERE f.project = ? AND f.{0} <> '' AND "
                "f.{0} >= ? AND f.{0} < ? LIMIT ?)",
                column));
            rows.bind(project).bind(begin).bind(after_all(begin)).bind(kFew);
            rows.step();
            count += rows.number(0);
        }
    return count < kFew;
}

bool SqliteRunStore::has_file(std::string_view id, const Glob& glob) {
    auto rows = database_.prepare("SELECT name, target_name FROM run_file INDEXED BY run_file_names WHERE run = ?");
    rows.bind(id);
    while (rows.step())
        for (const int column : {0, 1})
            if (!rows.text(column).empty() && glob.matches(rows.text(column))) return true;
    return false;
}

std::vector<Run> SqliteRunStore::list(const RunQuery& wanted) {
    const bool few = are_few(wanted.projects, wanted.file);
    const auto read = [&](const RunQuery& query) { return page(query, few); };
    return holding(wanted, read, [this](const std::string& id, const Glob& glob) { return has_file(id, glob); });
}

std::vector<Run> SqliteRunStore::page(const RunQuery& query, bool few) {
    Conditions where;
    where.any_of("project", query.projects);
    if (!query.states.empty()) where.add_all(is_in_any(query.states), {});
    if (!query.kind.empty()) where.add("kind = ?", query.kind);
    if (!query.subject.empty()) where.add("subject = ? COLLATE NOCASE", query.subject);
    if (!query.connection.empty()) where.add("connection = ? COLLATE NOCASE", query.connection);
    if (!query.not_on.empty()) where.add("node NOT IN ('', ?)", query.not_on);
    if (query.since) where.add_all("created_at >= ? AND id >= ?", {to_number(*query.since), first_id(*query.since)});
    if (query.until) where.add_all("created_at < ? AND id < ?", {to_number(*query.until), last_id(*query.until)});
    if (!query.before.empty()) where.add("id < ?", query.before);
    if (!query.file.empty()) add_file(where, query, few);
    auto rows = database_.prepare(std::string(kRunColumns) + where.text() + " ORDER BY id DESC LIMIT ?");
    where.bind_to(rows);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
}

std::vector<FoundFile> SqliteRunStore::find_files(const FileQuery& wanted) {
    const bool few = wanted.connection.empty() && are_few({wanted.project}, wanted.name);
    return matching(wanted, [&](const FileQuery& query) {
        const auto ways = ways_of(query, few);
        // First which they are, of which the index alone tells: reading each file that is passed over would take much longer.
        std::string sql;
        for (const auto& way : ways)
            sql += fmt::format("{}SELECT * FROM (SELECT f.run, f.number, f.finished_at FROM run_file f INDEXED BY {} {} {} "
                               "ORDER BY f.finished_at DESC, f.run DESC, f.number DESC LIMIT ?)",
                               sql.empty() ? "" : " UNION ALL ", way.index,
                               query.subject.empty() ? "" : "JOIN run r ON r.id = f.run", way.where.text());
        auto rows = database_.prepare(fmt::format(
            "{}, f.run, r.kind, r.subject, r.connection FROM ({} ORDER BY 3 DESC, 1 DESC, 2 DESC LIMIT ?) k "
            "CROSS JOIN run_file f ON f.run = k.run AND f.number = k.number CROSS JOIN run r ON r.id = f.run "
            "ORDER BY k.finished_at DESC, k.run DESC, k.number DESC",
            kFileColumns, sql));
        for (const auto& way : ways) {
            way.where.bind_to(rows);
            rows.bind(static_cast<std::int64_t>(query.limit));
        }
        rows.bind(static_cast<std::int64_t>(query.limit));
        std::vector<FoundFile> found;
        while (rows.step())
            found.push_back({std::string(rows.text(15)), std::string(rows.text(16)), std::string(rows.text(17)),
                             std::string(rows.text(18)), file_of(rows)});
        return found;
    });
}

}  // namespace fairlead::store::sqlite
