#include "catalog/kinds.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "catalog/connection_resource.hpp"
#include "catalog/flow_resource.hpp"
#include "catalog/operation_resource.hpp"
#include "catalog/place.hpp"
#include "catalog/variable.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

void add(std::vector<Fault>& faults, std::vector<Fault> more) {
    faults.insert(faults.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Resource checked_connection(Resource resource, Verdict& verdict) {
    ConnectionPatch patch;
    patch.fields = std::move(resource.definition);
    auto connection = apply(Connection{}, patch, verdict.faults);
    connection.record = std::move(resource.record);
    connection.name = std::move(resource.name);
    connection.enabled = resource.enabled;
    connection.tags = std::move(resource.tags);
    connection.sealed = std::move(resource.sealed);
    auto found = validate(connection);
    add(verdict.faults, std::move(found.faults));
    add(verdict.warnings, std::move(found.warnings));
    return to_resource(connection);
}

Resource checked_operation(Resource resource, Verdict& verdict) {
    auto operation = apply(Operation{}, resource.definition, verdict.faults);
    operation.record = std::move(resource.record);
    operation.name = std::move(resource.name);
    operation.enabled = resource.enabled;
    operation.tags = std::move(resource.tags);
    add(verdict.faults, validate(operation));
    return resource_of(operation);
}

Resource checked_flow(Resource resource, Verdict& verdict) {
    auto flow = apply(Flow{}, resource.definition, verdict.faults);
    flow.record = std::move(resource.record);
    flow.name = std::move(resource.name);
    flow.enabled = resource.enabled;
    flow.tags = std::move(resource.tags);
    add(verdict.faults, validate(flow));
    return resource_of(flow);
}

/// For kinds whose check throws.
template <class Read>
Resource checked_by(Resource resource, Verdict& verdict, Read read) {
    try {
        const auto value = read(resource);
        require_valid(value);
        auto result = to_resource(value);
        result.sealed = std::move(resource.sealed);
        return result;
    } catch (const Error& error) {
        add(verdict.faults, error.faults);
        if (error.faults.empty()) verdict.faults.push_back({"definition", "", error.message});
        return resource;
    }
}

Resource checked_variable(Resource resource, Verdict& verdict) {
    return checked_by(std::move(resource), verdict, variable_of);
}

Resource checked_environment(Resource resource, Verdict& verdict) {
    resource.record.project = kGlobalProject;  // the same for all projects
    return checked_by(std::move(resource), verdict, place_of);
}

constexpr std::array kRows{
    KindRow{Kind::environment, checked_environment, [](const Resource& r) { return to_json(place_of(r)); }, true},
    KindRow{Kind::variable, checked_variable, [](const Resource& r) { return to_json(variable_of(r)); }, true},
    KindRow{Kind::connection, checked_connection, [](const Resource& r) { return to_json(connection_of(r)); }},
    KindRow{Kind::operation, checked_operation, [](const Resource& r) { return to_json(operation_of(r)); }},
    KindRow{Kind::flow, checked_flow, [](const Resource& r) { return to_json(flow_of(r)); }},
};

}  // namespace

std::span<const KindRow> kind_rows() noexcept {
    return kRows;
}

const KindRow& row_of(Kind kind) {
    const auto row = std::ranges::find(kRows, kind, &KindRow::kind);
    if (row != kRows.end()) return *row;
    throw Error(ErrorCode::unsupported, fmt::format("This cannot be done with a {}.", to_string(kind)));
}

}  // namespace fairlead::catalog
