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
std::vector<Way> ways_of(const FileQuery& query) {
    const bool exact = !query.name.empty() && !Glob::is_pattern(query.name);
    std::vector<Way> ways;
    if (!query.connection.empty()) {
        const auto connection = lower_case(query.connection);
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
        if (!exact && !query.name.empty()) {
            const auto like = like_of(query.name);
            where.add_all("(f.name LIKE ? ESCAPE '\\' OR f.target_name LIKE ? ESCAPE '\\')", {like, like});
        }
        if (query.failed) where.add("(f.error <> '') = ?", *query.failed ? 1 : 0);
        if (!query.subject.empty()) where.add("r.subject = ? COLLATE NOCASE", query.subject);
    }
    return ways;
}

}  // namespace

std::vector<Run> SqliteRunStore::list(const RunQuery& query) {
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
    if (!query.file.empty())
        where.add("EXISTS (SELECT 1 FROM run_file f WHERE f.run = run.id AND instr(f.source || char(10) || f.target, ?) > 0)",
                  query.file);
    auto rows = database_.prepare(std::string(kRunColumns) + where.text() + " ORDER BY id DESC LIMIT ?");
    where.bind_to(rows);
    rows.bind(static_cast<std::int64_t>(query.limit));
    std::vector<Run> found;
    while (rows.step())
        found.push_back(run_of(rows));
    return found;
}

std::vector<FoundFile> SqliteRunStore::find_files(const FileQuery& wanted) {
    return matching(wanted, [this](const FileQuery& query) {
        const auto ways = ways_of(query);
        std::string sql;
        for (const auto& way : ways)
            sql += fmt::format(
                "{}SELECT * FROM ({}, f.run, r.kind, r.subject, r.connection FROM run_file f INDEXED BY {} JOIN run r "
                "ON r.id = f.run {} ORDER BY f.finished_at DESC, f.run DESC, f.number DESC LIMIT ?)",
                sql.empty() ? "" : " UNION ALL ", kFileColumns, way.index, way.where.text());
        auto rows = database_.prepare(sql + " ORDER BY 12 DESC, 16 DESC, 1 DESC LIMIT ?");
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
