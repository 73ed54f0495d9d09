#include "service/variables.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

#include "base/near.hpp"
#include "fairlead/error.hpp"
#include "service/places.hpp"
#include "service/stamp.hpp"
#include "service/usage.hpp"
#include "service/vault.hpp"

namespace fairlead::service {

using catalog::Kind;
using catalog::Variable;

Variables::Variables(store::ResourceStore& store, Vault& vault, const Actor& actor)
    : store_(store), vault_(vault), actor_(actor) {}

std::optional<Variable> Variables::find(std::string_view project, std::string_view name) {
    const auto found = store_.find(Kind::variable, project, name);
    if (!found) return std::nullopt;
    return catalog::variable_of(*found);
}

Variable Variables::get(std::string_view project, std::string_view name) {
    if (auto found = find(project, name)) return std::move(*found);
    if (auto found = find(catalog::kGlobalProject, name)) return std::move(*found);
    auto error = Error(ErrorCode::not_found,
                       fmt::format("There is no variable '{}' in the project '{}'.", name, project));
    auto names = store_.names(Kind::variable, project);
    std::ranges::move(store_.names(Kind::variable, catalog::kGlobalProject), std::back_inserter(names));
    const auto close = nearest(name, names);
    error.hint = close.empty() ? "fairlead variable list shows those that exist"
                               : fmt::format("did you mean '{}'?", close);
    throw error;
}

Variable Variables::own(std::string_view project, std::string_view name) {
    auto variable = get(project, name);
    if (variable.record.project != project)
        throw Error(ErrorCode::not_found,
                    fmt::format("The variable '{}' is not of the project '{}', but a global one.", name, project))
            .hinting("repeat it with --project global");
    return variable;
}

Secret Variables::value_of(const Variable& variable, const std::string& environment) {
    if (const auto plain = variable.plain.find(environment); plain != variable.plain.end())
        return Secret(plain->second);
    return vault_.open(variable.sealed.at(environment), variable.record.id, catalog::sealed_path(environment));
}

/// Notes what the variable needs. A secret that cannot be opened any more is passed over: it could not be used either.
void Variables::refer(Variable& variable) {
    variable.references.clear();
    const auto add = [&](Kind kind, std::string name) {
        const catalog::Reference reference{kind, std::move(name)};
        if (std::ranges::find(variable.references, reference) == variable.references.end())
            variable.references.push_back(reference);
    };
    const auto add_value = [&](const std::string& environment) {
        if (!environment.empty()) add(Kind::environment, environment);
        try {
            for (auto& name : catalog::variables_in(value_of(variable, environment).reveal()))
                if (catalog::is_variable_name(name)) add(Kind::variable, std::move(name));
        } catch (const Error&) {
        }
    };
    for (const auto& [environment, value] : variable.plain)
        add_value(environment);
    for (const auto& [environment, sealed] : variable.sealed)
        add_value(environment);
}

Variable Variables::set(std::string_view project, std::string_view name, const VariableChange& change,
                        std::optional<std::int64_t> expected_revision) {
    auto environment = change.environment;
    if (!environment.empty()) environment = require_environment(store_, environment).name;
    auto variable = find(project, name).value_or(Variable{});
    const bool is_new = variable.record.id.empty();
    if (is_new) {
        variable.name = name;
        variable.record.project = project;
    }
    require_revision(Kind::variable, variable.name, variable.record, expected_revision);
    if (change.description) variable.description = *change.description;
    catalog::require_valid(variable);
    if (!change.value && is_new) {
        Error error(ErrorCode::invalid_argument, fmt::format("A value for the variable '{}' is missing.", name));
        error.faults.push_back({"value", "", "is missing"});
        throw error;
    }
    stamp(variable.record, actor_);
    std::vector<std::string> changed_secrets;
    const bool secret = change.secret || variable.sealed.contains(environment);
    const auto path = catalog::sealed_path(environment);
    if (change.value && secret) {
        variable.plain.erase(environment);
        variable.sealed[environment] = vault_.seal(*change.value, variable.record.id, path);
        changed_secrets.push_back(path);
    } else if (change.value) {
        variable.plain[environment] = change.value->reveal();
    } else if (change.secret && variable.plain.contains(environment)) {
        variable.sealed[environment] = vault_.seal(Secret(variable.plain[environment]), variable.record.id, path);
        variable.plain.erase(environment);
        changed_secrets.push_back(path);
    }
    refer(variable);
    const store::ResourceChange stored{is_new ? store::Change::create : store::Change::update,
                                       catalog::to_resource(variable), std::move(changed_secrets)};
    vault_.keep([&] { apply_in_project(store_, actor_, project, {stored}); });
    return variable;
}

void Variables::unset(std::string_view project, std::string_view name, const std::string& environment, bool force,
                      std::optional<std::int64_t> expected_revision) {
    auto variable = own(project, name);
    require_revision(Kind::variable, variable.name, variable.record, expected_revision);
    const auto place = environment.empty() ? environment : require_environment(store_, environment).name;
    if (!variable.has(place))
        throw Error(ErrorCode::not_found,
                    place.empty() ? fmt::format("The variable '{}' has no value for all environments.", variable.name)
                                  : fmt::format("The variable '{}' has no value of its own in the environment '{}'.",
                                                variable.name, place));
    if (variable.plain.size() + variable.sealed.size() == 1) return remove(std::move(variable), force);
    std::vector<std::string> changed_secrets;
    if (variable.sealed.erase(place) != 0) changed_secrets.push_back(catalog::sealed_path(place));
    variable.plain.erase(place);
    stamp(variable.record, actor_);
    refer(variable);
    apply_in_project(store_, actor_, variable.record.project,
                     {{store::Change::update, catalog::to_resource(variable), std::move(changed_secrets)}});
}

void Variables::remove(std::string_view project, std::string_view name, bool force,
                       std::optional<std::int64_t> expected_revision) {
    auto variable = own(project, name);
    require_revision(Kind::variable, variable.name, variable.record, expected_revision);
    remove(std::move(variable), force);
}

void Variables::remove(Variable variable, bool force) {
    refuse_used(users_of(store_, Kind::variable, variable.record.project, variable.name), Kind::variable,
                variable.record.project, variable.name, "deleted", force);
    stamp_removal(variable.record, actor_);
    apply_in_project(store_, actor_, variable.record.project, {{store::Change::remove, catalog::to_resource(variable), {}}});
}

std::vector<Variable> Variables::list(std::string_view project) {
    store::ResourceQuery query;
    query.kind = Kind::variable;
    query.projects.emplace_back(project);
    if (project != catalog::kGlobalProject) query.projects.emplace_back(catalog::kGlobalProject);
    std::vector<Variable> found;
    for (const auto& resource : store_.list(query))
        found.push_back(catalog::variable_of(resource));
    return found;
}

std::vector<catalog::Resource> Variables::users(std::string_view project, std::string_view name) {
    const auto variable = get(project, name);
    return users_of(store_, Kind::variable, variable.record.project, variable.name);
}

catalog::VariableLookup Variables::lookup(std::string project, std::string environment) {
    return [this, project = std::move(project),
            environment = std::move(environment)](std::string_view name) -> std::optional<catalog::VariableValue> {
        const auto exact = [&](std::string_view where) {
            auto found = find(where, name);
            if (found && found->name != name) found.reset();
            return found;
        };
        const auto own = exact(project);
        const auto global = project != catalog::kGlobalProject ? exact(catalog::kGlobalProject) : std::nullopt;
        const auto found = catalog::find_value(own ? &*own : nullptr, global ? &*global : nullptr, environment);
        if (found.variable == nullptr) return std::nullopt;
        return catalog::VariableValue{value_of(*found.variable, found.environment), found.secret};
    };
}

}  // namespace fairlead::service
