#include "service/history.hpp"

#include "catalog/connection_resource.hpp"

namespace fairlead::service {
namespace {

namespace json = boost::json;

/// Every field but the secrets, as it is shown.
json::object fields_of(const catalog::Resource& resource) {
    if (resource.kind == catalog::Kind::connection)
        return catalog::fields_to_json(catalog::connection_of(resource));
    json::object fields{{"name", resource.name}, {"enabled", resource.enabled}};
    for (const auto& [key, value] : resource.definition)
        fields[key] = value;
    return fields;
}

}  // namespace

std::vector<catalog::FieldChange> changes_of(const store::Revision& revision, const store::Revision* before) {
    if (before == nullptr || revision.change == store::Change::remove) return {};
    auto changes = catalog::difference(fields_of(before->resource), fields_of(revision.resource));
    const auto& old_project = before->resource.record.project;
    const auto& project = revision.resource.record.project;
    if (old_project != project) changes.push_back({"project", json::value(old_project), json::value(project)});
    return changes;
}

json::array history_to_json(const std::vector<store::Revision>& newest_first) {
    json::array documents;
    for (std::size_t i = 0; i < newest_first.size(); ++i) {
        const auto& revision = newest_first[i];
        json::array changes;
        for (auto& [field, before, after] :
             changes_of(revision, i + 1 < newest_first.size() ? &newest_first[i + 1] : nullptr))
            changes.push_back({{"field", field}, {"before", before}, {"after", after}});
        const auto& secrets = revision.changed_secrets;
        documents.push_back({{"revision", revision.number},
                             {"change", store::to_string(revision.change)},
                             {"name", revision.resource.name},
                             {"project", revision.resource.record.project},
                             {"at", to_rfc3339(revision.resource.record.updated_at)},
                             {"by", revision.resource.record.updated_by},
                             {"fields", fields_of(revision.resource)},
                             {"changes", std::move(changes)},
                             {"changedSecrets", json::array(secrets.begin(), secrets.end())}});
    }
    return documents;
}

json::object to_json(const store::AuditEntry& entry) {
    const auto or_null = [](const std::string& text) {
        return text.empty() ? json::value(nullptr) : json::value(text);
    };
    json::object document{{"sequence", entry.sequence},
                          {"at", to_rfc3339(entry.at)},
                          {"by", entry.by},
                          {"via", entry.via},
                          {"action", entry.action},
                          {"kind", or_null(entry.kind)},
                          {"project", or_null(entry.project)},
                          {"name", or_null(entry.name)},
                          {"resource", or_null(entry.resource)}};
    if (entry.revision != 0) document["revision"] = entry.revision;
    if (!entry.detail.empty()) document["detail"] = entry.detail;
    return document;
}

}  // namespace fairlead::service
