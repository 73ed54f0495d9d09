#include "store/sqlite/run_rows.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "base/error_json.hpp"

namespace fairlead::store::sqlite {
namespace {

namespace json = boost::json;

Time to_time(std::int64_t number) {
    return Time(std::chrono::milliseconds(number));
}
std::optional<Time> time_of(const Statement& row, int column) {
    const auto number = row.number(column);  // 0 stands for NULL: nothing happened in 1970
    return number == 0 ? std::nullopt : std::optional(to_time(number));
}
std::uint64_t count_of(const Statement& row, int column) {
    return static_cast<std::uint64_t>(row.number(column));
}
std::optional<Error> error_of(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return catalog::error_from_json(json::parse(text).as_object());
}

}  // namespace

const std::string_view kRunColumns =
    "SELECT id, project, kind, subject, action, connection, environment, \"trigger\", state, priority, attempt, "
    "created_at, due_at, started_at, finished_at, bytes, files, succeeded, failed, skipped, error, created_by, "
    "retry_of, cancel_requested, request, lease_owner, lease_until, fence, node, paused FROM run ";
const std::string_view kFileColumns =
    "SELECT f.number, f.source, f.target, f.outcome, f.bytes, f.resumed, f.proof, f.checksum, f.attempts, f.error, "
    "f.started_at, f.finished_at, f.properties, f.warnings, f.history";

catalog::Run run_of(const Statement& row) {
    catalog::Run run;
    run.id = row.text(0);
    run.project = row.text(1);
    run.kind = row.text(2);
    run.subject = row.text(3);
    run.action = row.text(4);
    run.connection = row.text(5);
    run.environment = row.text(6);
    run.trigger = row.text(7);
    run.state = catalog::parse_run_state(row.text(8));
    run.priority = row.number(9);
    run.attempt = row.number(10);
    run.created_at = to_time(row.number(11));
    run.due_at = time_of(row, 12);
    run.started_at = time_of(row, 13);
    run.finished_at = time_of(row, 14);
    run.bytes = count_of(row, 15);
    run.files = count_of(row, 16);
    run.succeeded = count_of(row, 17);
    run.failed = count_of(row, 18);
    run.skipped = count_of(row, 19);
    run.error = error_of(row.text(20));
    run.by = row.text(21);
    run.retry_of = row.text(22);
    run.cancel_requested = row.number(23) != 0;
    run.request = json::parse(row.text(24)).as_object();
    run.lease.owner = row.text(25);
    run.lease.until = to_time(row.number(26));
    run.lease.fence = row.number(27);
    run.node = row.text(28);
    if (row.number(29) != 0 && run.state == catalog::RunState::queued) run.state = catalog::RunState::paused;
    run.pause_requested = row.number(29) != 0 && run.state == catalog::RunState::running;
    return run;
}

catalog::RunFile file_of(const Statement& row) {
    catalog::RunFile file;
    file.number = row.number(0);
    file.source = row.text(1);
    file.target = row.text(2);
    file.outcome = row.text(3);
    file.bytes = count_of(row, 4);
    file.resumed = count_of(row, 5);
    file.proof = row.text(6);
    file.checksum = row.text(7);
    file.attempts = row.number(8);
    file.error = error_of(row.text(9));
    file.started_at = time_of(row, 10);
    file.finished_at = time_of(row, 11);
    file.properties = json::parse(row.text(12)).as_object();
    const auto warnings = json::parse(row.text(13));
    for (const auto& warning : warnings.as_array())
        file.warnings.emplace_back(warning.as_string());
    file.history = json::parse(row.text(14)).as_array();
    return file;
}

catalog::RunEvent event_of(const Statement& row) {
    catalog::RunEvent event;
    event.number = row.number(0);
    event.run = row.text(1);
    event.project = row.text(2);
    event.at = to_time(row.number(3));
    event.type = row.text(4);
    event.data = json::parse(row.text(5)).as_object();
    return event;
}

std::string text_of(const std::optional<Error>& error) {
    return error ? json::serialize(fairlead::to_json(*error)) : std::string();
}

void Conditions::add(std::string condition, Value value) {
    conditions_.push_back(std::move(condition));
    values_.push_back(std::move(value));
}

void Conditions::add_all(std::string condition, std::vector<Value> values) {
    conditions_.push_back(std::move(condition));
    values_.insert(values_.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
}

void Conditions::any_of(std::string_view column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string marks;
    for (const auto& value : values) {
        marks += marks.empty() ? "?" : ", ?";
        values_.emplace_back(value);
    }
    conditions_.push_back(fmt::format("{} IN ({})", column, marks));
}

std::string Conditions::text() const {
    std::string text;
    for (const auto& condition : conditions_)
        text += (text.empty() ? "WHERE " : " AND ") + condition;
    return text;
}

void Conditions::bind_to(Statement& statement) const {
    for (const auto& value : values_) {
        if (const auto* text = std::get_if<std::string>(&value))
            statement.bind(std::string_view(*text));
        else
            statement.bind(std::get<std::int64_t>(value));
    }
}

}  // namespace fairlead::store::sqlite
