#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "catalog/difference.hpp"
#include "store/audit_store.hpp"
#include "store/resource_store.hpp"

/// What was changed, field by field, and its JSON.
namespace fairlead::service {

/// The fields that a revision changed; of the first one, and without `before`, none. Secrets are not among them: see
/// Revision::changed_secrets.
std::vector<catalog::FieldChange> changes_of(const store::Revision& revision, const store::Revision* before);

/// Newest first, as it goes in: [{revision, change, name, project, at, by, fields, changes: [{field, before, after}],
/// changedSecrets}].
boost::json::array history_to_json(const std::vector<store::Revision>& newest_first);

boost::json::object to_json(const store::AuditEntry& entry);

}  // namespace fairlead::service
