#include "catalog/kinds.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "catalog/connection_resource.hpp"
#include "catalog/flow_resource.hpp"
#include "catalog/monitor.hpp"
#include "catalog/operation_resource.hpp"
#include "catalog/place.hpp"
#include "catalog/typed_resource.hpp"
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

/// For kinds whose value is made of its fields alone.
template <class Value>
Resource checked_value(Resource resource, Verdict& verdict) {
    const auto value = value_in<Value>(resource, verdict.faults);
    add(verdict.faults, validate(value));
    return resource_of(value);
}

template <class Value>
Resource laid_over(const Resource& base, const json::object& fields, std::vector<Fault>& faults) {
    return resource_of(apply(value_of<Value>(base), fields, faults));
}

template <class Value>
json::object document_of(const Resource& resource) {
    return to_json(value_of<Value>(resource));
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

constexpr std::array kSigned{kWebhookSecret};

constexpr std::array kRows{
    KindRow{.kind = Kind::environment,
            .checked = checked_environment,
            .document = [](const Resource& r) { return to_json(place_of(r)); },
            .has_fixed_name = true},
    KindRow{.kind = Kind::variable,
            .checked = checked_variable,
            .document = [](const Resource& r) { return to_json(variable_of(r)); },
            .has_fixed_name = true},
    KindRow{.kind = Kind::connection,
            .checked = checked_connection,
            .document = [](const Resource& r) { return to_json(connection_of(r)); }},
    KindRow{Kind::operation, checked_value<Operation>, document_of<Operation>, laid_over<Operation>, kSigned},
    KindRow{Kind::monitor, checked_value<Monitor>, document_of<Monitor>, laid_over<Monitor>, kSigned},
    KindRow{Kind::flow, checked_value<Flow>, document_of<Flow>, laid_over<Flow>, kSigned},
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
