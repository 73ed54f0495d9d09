// Lists of runs and of their files.

#include <fmt/format.h>

#include "base/glob.hpp"
#include "base/utf8.hpp"
#include "store/file_place.hpp"
#include "store/postgres/run_store.hpp"
#include "store/run_rows.hpp"
#include "store/run_words.hpp"

namespace fairlead::store::postgres {
namespace {

using catalog::Run;

/// The conditions of a WHERE, with the parameters that belong to them.
class Conditions {
  public:
    /// What stands for a value in a condition.
    std::string place(Value value) {
        values_.push_back(std::move(value));
        return fmt::format("${}", values_.size());
    }
    const std::vector<Value>& values() const noexcept { return values_; }

  private:
    std::vector<Value> values_;
};

/// Files come from a connection or go to it, have their name at the source or at the target: each by its own index.
/// `few`: not many files have a name that begins as the pattern does.
std::vector<std::string> ways_of(const FileQuery& query, bool few, Conditions& where) {
    const bool exact = !query.name.empty() && !Glob::is_pattern(query.name);
    auto common = "f.project = " + where.place(query.project);
    if (query.since) common += " AND f.finished_at >= " + where.place(to_number(*query.since));
    if (query.until) common += " AND f.finished_at < " + where.place(to_number(*query.until));
    if (query.before) {
        const auto at = where.place(to_number(query.before->at));
        common += fmt::format(" AND f.finished_at <= {0}::bigint AND (f.finished_at, f.run, f.number) < ({0}::bigint, {1}, {2}::bigint)",
                              at, where.place(query.before->run), where.place(query.before->number));
    }
    if (!query.outcome.empty()) common += " AND f.outcome = " + where.place(query.outcome);
    if (query.failed) common += *query.failed ? " AND f.error <> ''" : " AND f.error = ''";
    if (!query.subject.empty()) common += fmt::format(" AND lower(r.subject) = lower({})", where.place(query.subject));
    const auto name = query.name.empty() ? std::string()
                                         : where.place(exact ? to_valid_utf8(query.name) : to_valid_utf8(like_of(query.name)));
    if (query.connection.empty() && exact)
        return {fmt::format("{} AND f.name = {}", common, name),
                fmt::format("{} AND f.target_name <> '' AND f.target_name = {}", common, name)};
    if (few) {
        const auto begin = where.place(beginning_of(query.name)), end = where.place(after_all(beginning_of(query.name)));
        const auto called = fmt::format("f.name >= {0} AND f.name < {1} AND f.name LIKE {2}", begin, end, name);
        return {fmt::format("{} AND {}", common, called),
                fmt::format("{0} AND f.target_name <> '' AND f.target_name >= {1} AND f.target_name < {2} AND f.target_name LIKE {3} "
                            "AND NOT ({4})",
                            common, begin, end, name, called)};
    }
    if (!name.empty())
        common += fmt::format(" AND (f.name {0} {1} OR f.target_name {0} {1})", exact ? "=" : "LIKE", name);
    if (query.connection.empty()) return {common};
    const auto connection = where.place(lower_case(query.connection));
    if (query.failed.value_or(false)) return {fmt::format("{0} AND (f.connection = {1} OR f.target_connection = {1})", common, connection)};
    return {fmt::format("{} AND f.connection = {}", common, connection),
            fmt::format("{} AND f.target_connection <> '' AND f.target_connection = {}", common, connection)};
}

}  // namespace

bool PostgresRunStore::are_few(const std::vector<std::string>& projects, std::string_view pattern) {
    const auto begin = beginning_of(pattern);
    if (!Glob::is_pattern(pattern) || begin.empty() || projects.empty()) return false;
    std::int64_t count = 0;
    for (const auto* column : {"name", "target_name"})
        count += database_
                     .read(fmt::format("SELECT count(*) FROM (SELECT 1 FROM run_file WHERE project = ANY ($1::text[]) AND {0} <> '' "
                                       "AND {0} >= $2 AND {0} < $3 LIMIT $4::bigint) AS counted",
                                       column),
                           {Value::list(projects), begin, after_all(begin), kFew})[0]
                     .number(0);
    return count < kFew;
}

bool PostgresRunStore::has_file(std::string_view id, const Glob& glob) {
    const auto rows = database_.read("SELECT name, target_name FROM run_file WHERE run = $1", {id});
    for (const auto row : rows)
        for (const int column : {0, 1})
            if (!row.text(column).empty() && glob.matches(row.text(column))) return true;
    return false;
}

std::vector<Run> PostgresRunStore::list(const RunQuery& wanted) {
    const bool few = are_few(wanted.projects, wanted.file);
    const auto read = [&](const RunQuery& query) { return page(query, few); };
    return holding(wanted, read, [this](const std::string& id, const Glob& glob) { return has_file(id, glob); });
}

std::vector<Run> PostgresRunStore::page(const RunQuery& query, bool few) {
    Conditions values;
    std::string sql = "WHERE true";
    const auto where = [&](std::string_view condition, Value value) {
        sql += fmt::format(" AND {} {}", condition, values.place(std::move(value)));
    };
    if (query.projects.size() == 1) where("project =", query.projects.front());
    if (query.projects.size() > 1) sql += fmt::format(" AND project = ANY ({}::text[])", values.place(Value::list(query.projects)));
    if (!query.states.empty()) sql += " AND " + is_in_any(query.states);
    if (!query.kind.empty()) where("kind =", query.kind);
    if (!query.subject.empty()) sql += fmt::format(" AND lower(subject) = lower({})", values.place(query.subject));
    if (!query.connection.empty()) sql += fmt::format(" AND lower(connection) = lower({})", values.place(query.connection));
    if (!query.not_on.empty()) where("node <> '' AND node <>", query.not_on);
    if (query.since) {
        where("created_at >=", to_number(*query.since));
        where("id >=", first_id(*query.since));
    }
    if (query.until) {
        where("created_at <", to_number(*query.until));
        where("id <", last_id(*query.until));
    }
    if (!query.before.empty()) where("id <", query.before);
    if (!query.file.empty()) {
        const bool is_pattern = Glob::is_pattern(query.file);
        const auto name = values.place(to_valid_utf8(is_pattern ? like_of(query.file) : query.file));
        const auto* is = is_pattern ? "LIKE" : "=";
        if (query.projects.empty() || (is_pattern && !few)) {
            sql += fmt::format(" AND EXISTS (SELECT 1 FROM run_file f WHERE f.run = run.id AND (f.name {0} {1} OR f.target_name {0} {1}))",
                               is, name);
        } else {
            const auto projects = values.place(Value::list(query.projects));
            auto range = std::string();
            if (is_pattern)
                range = fmt::format(" AND f.{{0}} >= {} AND f.{{0}} < {}", values.place(beginning_of(query.file)),
                                    values.place(after_all(beginning_of(query.file))));
            const auto way = "SELECT f.run FROM run_file f WHERE f.project = ANY ({1}::text[]) AND f.{0} <> ''" + range + " AND f.{0} {2} {3}";
            sql += fmt::format(" AND id IN ({} UNION ALL {})", fmt::format(fmt::runtime(way), "name", projects, is, name),
                               fmt::format(fmt::runtime(way), "target_name", projects, is, name));
        }
    }
    sql += " ORDER BY id DESC LIMIT " + values.place(query.limit);
    return read(sql, values.values());
}

std::vector<FoundFile> PostgresRunStore::find_files(const FileQuery& wanted) {
    const bool few = wanted.connection.empty() && !wanted.failed.value_or(false) && are_few({wanted.project}, wanted.name);
    return matching(wanted, [&](const FileQuery& query) {
        Conditions where;
        std::string sql;
        for (const auto& way : ways_of(query, few, where))
            sql += fmt::format(
                "{}(SELECT * FROM ({}, f.run, r.kind, r.subject, r.connection FROM run_file f JOIN run r ON r.id = f.run "
                "WHERE {} ORDER BY {} DESC, f.run DESC, f.number DESC LIMIT {}) AS way)",
                // A few are sorted: by the index in the order of time all would be passed over to find them.
                sql.empty() ? "" : " UNION ALL ", kFileColumns, way, few ? "f.finished_at + 0" : "f.finished_at",
                where.place(query.limit));
        sql += " ORDER BY 12 DESC, 16 DESC, 1 DESC LIMIT " + where.place(query.limit);
        std::vector<FoundFile> found;
        const auto rows = database_.read(sql, where.values());
        for (const auto row : rows)
            found.push_back({std::string(row.text(15)), std::string(row.text(16)), std::string(row.text(17)),
                             std::string(row.text(18)), file_of(row)});
        return found;
    });
}

}  // namespace fairlead::store::postgres
