#include "bundle/kinds.hpp"

#include <algorithm>

#include "catalog/connection_resource.hpp"
#include "catalog/expand_connection.hpp"
#include "catalog/place.hpp"
#include "catalog/variable.hpp"

namespace fairlead::bundle {
namespace {

using catalog::Connection;
using catalog::Kind;
using catalog::Resource;

Resource checked_connection(Resource resource, std::vector<Fault>& faults) {
    catalog::ConnectionPatch patch;
    patch.fields = resource.definition;
    auto connection = catalog::apply(Connection{}, patch, faults);
    connection.name = resource.name;
    connection.enabled = resource.enabled;
    connection.tags = resource.tags;
    // Secrets have their own way; a key that is not here must not look like one that is missing.
    if (!connection.tls.certificate.empty()) connection.sealed.emplace("tls.key", "");
    const auto verdict = catalog::validate(connection);
    faults.insert(faults.end(), verdict.faults.begin(), verdict.faults.end());
    connection.sealed.clear();
    auto result = catalog::to_resource(connection);
    result.record = resource.record;
    for (const auto& name : catalog::variables_in(connection))
        result.references.push_back({Kind::variable, name});
    return result;
}

/// Runs a check that throws, and takes its faults.
template <class Check>
void gather(std::vector<Fault>& faults, Check check) {
    try {
        check();
    } catch (const Error& error) {
        faults.insert(faults.end(), error.faults.begin(), error.faults.end());
        if (error.faults.empty()) faults.push_back({"definition", "", error.message});
    }
}

Resource checked_variable(Resource resource, std::vector<Fault>& faults) {
    auto result = resource;
    gather(faults, [&] {
        const auto variable = catalog::variable_of(resource);
        catalog::require_valid(variable);
        result = catalog::to_resource(variable);
    });
    return result;
}

Resource checked_environment(Resource resource, std::vector<Fault>& faults) {
    auto result = resource;
    gather(faults, [&] {
        const auto place = catalog::place_of(resource);
        catalog::require_valid(place);
        result = catalog::to_resource(place);
    });
    result.record.project = catalog::kGlobalProject;  // the same for all projects
    return result;
}

}  // namespace

bool is_portable(Kind kind) noexcept {
    return std::ranges::find(kPortableKinds, kind) != kPortableKinds.end();
}

bool is_there_from_the_start(const Resource& resource) {
    return resource.record.created_by == "fairlead" && resource.record.revision == 1;
}

bool serves_both(Kind kind) noexcept {
    return kind == Kind::environment || kind == Kind::variable;
}

Resource checked(Resource resource, std::vector<Fault>& faults) {
    switch (resource.kind) {
        case Kind::environment:
            return checked_environment(std::move(resource), faults);
        case Kind::variable:
            return checked_variable(std::move(resource), faults);
        default:
            return checked_connection(std::move(resource), faults);
    }
}

bool leads_elsewhere(const Resource& stored, const Resource& other) {
    if (stored.kind != Kind::connection) return false;
    const auto before = catalog::connection_of(stored), after = catalog::connection_of(other);
    return catalog::name_key(before.host) != catalog::name_key(after.host) || before.proxy != after.proxy ||
           before.protocol != after.protocol || before.port != after.port || before.tls.mode != after.tls.mode ||
           before.tls.pin != after.tls.pin || (before.tls.verify && !after.tls.verify);
}

}  // namespace fairlead::bundle
