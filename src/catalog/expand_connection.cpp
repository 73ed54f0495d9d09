#include "catalog/expand_connection.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <concepts>
#include <iterator>

#include "base/mask.hpp"
#include "catalog/connection_fields.hpp"

namespace fairlead::catalog {
namespace {

using Texts = std::vector<std::string>;

/// Calls `visit(field, text, is_secret, set)` for every text that may hold variables; `set(Secret)` replaces it.
template <class SomeConnection, class Visitor>
void for_each_text(SomeConnection& connection, Visitor visit) {
    for_each_field(connection, [&]<class Member>(std::string_view field, Member&& member) {
        using Value = std::remove_cvref_t<Member>;
        if (!may_hold_variables(field)) return;
        if constexpr (std::same_as<Value, std::string>) {
            visit(field, std::string_view(member), false, [&](const Secret& text) { member = text.reveal(); });
        } else if constexpr (std::same_as<Value, Secret>) {
            visit(field, member.reveal(), true, [&](const Secret& text) { member = text; });
        } else if constexpr (std::same_as<Value, Texts>) {
            for (auto& item : member)
                visit(field, std::string_view(item), false, [&](const Secret& text) { item = text.reveal(); });
        } else if constexpr (requires { member.text; }) {
            visit(field, std::string_view(member.text), false,
                  [&](const Secret& text) { member.text = text.reveal(); });
        }
    });
}

}  // namespace

std::string where_of(std::string_view environment) {
    if (environment.empty()) return "has no value that holds without an environment, and none was chosen";
    return fmt::format("is not defined in the environment '{}', nor for all environments", environment);
}

bool may_hold_variables(std::string_view field) noexcept {
    for (const auto plain : {"name", "tags", "tls.ca", "tls.certificate", "tls.key", "sftp.privateKey"})
        if (field == plain) return false;
    return true;
}

std::vector<std::string> variables_in(const Connection& connection) {
    auto copy = connection;
    std::vector<std::string> names;
    for_each_text(copy, [&](std::string_view, std::string_view text, bool, const auto&) {
        for (auto& name : variables_in(text))
            if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    });
    return names;
}

ExpandedConnection expand(Connection connection, const VariableLookup& lookup, std::string_view environment) {
    ExpandedConnection result;
    const auto where = where_of(environment);
    std::vector<Secret> hidden;
    for_each_text(connection, [&](std::string_view field, std::string_view text, bool secret, const auto& set) {
        if (text.find("${") == std::string_view::npos) return;
        const auto variables = variables_in(text);
        auto expanded = expand(text, lookup, where);
        const std::string name(field);
        if (!expanded.problem.empty()) {
            const std::string shown = secret ? "" : std::string(text);
            result.faults.push_back({name, shown, std::move(expanded.problem)});
            result.secret_fields.insert(name);
            return set(Secret());
        }
        if (expanded.secret) result.secret_fields.insert(name);
        if (expanded.secret && !secret) {
            expanded.hidden.push_back(expanded.text);
            std::ranges::move(expanded.hidden, std::back_inserter(hidden));
        }
        if (!variables.empty()) {
            auto& shown = result.shown[name];
            if (!shown.empty()) shown += ", ";
            shown += secret ? "***" : expanded.shown;
        }
        set(expanded.text);
    });
    result.connection = std::move(connection);
    result.connection.hidden = std::move(hidden);
    return result;
}

Connection require_expanded(Connection connection, const VariableLookup& lookup, std::string_view environment) {
    auto expanded = expand(std::move(connection), lookup, environment);
    const auto& name = expanded.connection.name;
    if (!expanded.faults.empty()) {
        const auto& first = expanded.faults.front();
        auto error = Error(ErrorCode::invalid_argument,
                           fmt::format("The {} of the connection '{}' {}.", first.field, name, first.problem));
        if (first.problem.starts_with("needs the variable"))
            error.hint = environment.empty() ? "choose an environment with --environment E, or give the variable a "
                                               "value for all: fairlead variable set NAME VALUE"
                                             : fmt::format("fairlead variable set NAME VALUE --environment {}; $${{ is "
                                                           "a literal ${{",
                                                           environment);
        error.faults = std::move(expanded.faults);
        throw error;
    }
    auto verdict = validate_expanded(expanded.connection);
    if (verdict.faults.empty()) return std::move(expanded.connection);
    for (auto& fault : verdict.faults)
        if (expanded.secret_fields.contains(fault.field)) fault.value.clear();
    Mask(expanded.connection.hidden).hide(verdict.faults);
    auto error = Error(ErrorCode::invalid_argument,
                       environment.empty()
                           ? fmt::format("The connection '{}' is wrong once its variables are replaced.", name)
                           : fmt::format("The connection '{}' is wrong once its variables are replaced for the "
                                         "environment '{}'.",
                                         name, environment));
    error.faults = std::move(verdict.faults);
    throw error;
}

}  // namespace fairlead::catalog
