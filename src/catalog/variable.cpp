#include "catalog/variable.hpp"

#include <fmt/format.h>

#include "catalog/checks.hpp"
#include "catalog/field_json.hpp"
#include "catalog/variables.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

constexpr std::string_view kSealedPrefix = "environments.";
constexpr std::size_t kLongestDescription = 1000;

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

std::string sealed_path(std::string_view environment) {
    return environment.empty() ? "value" : std::string(kSealedPrefix).append(environment);
}

void require_valid(const Variable& variable) {
    auto error = Error(ErrorCode::invalid_argument, fmt::format("The variable '{}' is wrong.", variable.name));
    if (!is_variable_name(variable.name))
        error.faults.push_back(
            {"name", variable.name, "must be 1 to 128 letters, digits, '.', '_' or '-', without spaces"});
    if (count_characters(variable.description) > kLongestDescription)
        error.faults.push_back({"description", fmt::format("{} characters", count_characters(variable.description)),
                                "must not be longer than 1000 characters"});
    if (!error.faults.empty()) throw error;
}

Resource to_resource(const Variable& variable) {
    Resource resource;
    resource.kind = Kind::variable;
    resource.record = variable.record;
    resource.name = variable.name;
    resource.references = variable.references;
    resource.definition["description"] = variable.description;
    json::object environments;
    for (const auto& [environment, value] : variable.plain) {
        if (environment.empty())
            resource.definition["value"] = value;
        else
            environments[environment] = value;
    }
    resource.definition["environments"] = std::move(environments);
    for (const auto& [environment, sealed] : variable.sealed)
        resource.sealed.emplace(sealed_path(environment), sealed);
    return resource;
}

Variable variable_of(const Resource& resource) {
    Variable variable;
    variable.record = resource.record;
    variable.name = resource.name;
    variable.references = resource.references;
    const auto& definition = resource.definition;
    variable.description = text_of(definition, "description");
    if (const auto* value = definition.if_contains("value"); value != nullptr && value->is_string())
        variable.plain.emplace("", value->get_string());
    if (const auto* environments = definition.if_contains("environments");
        environments != nullptr && environments->is_object())
        for (const auto& [environment, value] : environments->get_object())
            if (value.is_string()) variable.plain.emplace(environment, value.get_string());
    for (const auto& [path, sealed] : resource.sealed)
        variable.sealed.emplace(path.starts_with(kSealedPrefix) ? path.substr(kSealedPrefix.size()) : "", sealed);
    return variable;
}

json::object to_json(const Variable& variable) {
    json::object document{{"name", variable.name}, {"description", variable.description}};
    json::object environments;
    const auto add = [&](const std::string& environment, json::value value, bool secret) {
        json::object entry{{"value", std::move(value)}, {"secret", secret}};
        if (!environment.empty()) {
            environments[environment] = std::move(entry);
            return;
        }
        for (auto& [key, member] : entry)
            document[key] = std::move(member);
    };
    for (const auto& [environment, value] : variable.plain)
        add(environment, json::value(value), false);
    for (const auto& [environment, sealed] : variable.sealed)
        add(environment, nullptr, true);
    document["environments"] = std::move(environments);
    add_record(document, variable.record);
    return document;
}

FoundValue find_value(const Variable* own, const Variable* global, const std::string& environment) {
    const auto in = [](const Variable* variable, const std::string& place, bool secret) {
        return variable != nullptr && (secret ? variable->sealed : variable->plain).contains(place);
    };
    if (!environment.empty())
        for (const bool secret : {true, false})
            for (const auto* variable : {own, global})
                if (in(variable, environment, secret)) return {variable, environment, secret};
    for (const auto* variable : {own, global})
        for (const bool secret : {true, false})
            if (in(variable, "", secret)) return {variable, "", secret};
    return {};
}

}  // namespace fairlead::catalog
