#include "store/run_rows.hpp"

#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"

namespace fairlead::store {

const std::string_view kRunColumns =
    "SELECT id, project, kind, subject, action, connection, environment, \"trigger\", state, priority, attempt, "
    "created_at, due_at, started_at, finished_at, bytes, files, succeeded, failed, skipped, error, created_by, "
    "retry_of, cancel_requested, request, lease_owner, lease_until, fence, node, paused FROM run ";
const std::string_view kFileColumns =
    "SELECT f.number, f.source, f.target, f.outcome, f.bytes, f.resumed, f.proof, f.checksum, f.attempts, f.error, "
    "f.started_at, f.finished_at, f.properties, f.warnings, f.history";

std::string text_of(const std::optional<Error>& error) {
    return error ? boost::json::serialize(fairlead::to_json(*error)) : std::string();
}

std::optional<Error> error_in(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return catalog::error_from_json(boost::json::parse(text).as_object());
}

}  // namespace fairlead::store
