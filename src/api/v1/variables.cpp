#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "api/fields.hpp"
#include "api/noun.hpp"
#include "api/v1/places.hpp"
#include "service/variables.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Variable;
using http::Request;
using service::VariableChange;
using service::Workspace;

/// Each for one environment.
using Wish = std::vector<VariableChange>;

/// The changes that a document asks for. A value that is null stays as it is.
Wish wish_of(const json::object& document) {
    Fields fields(document);
    fields.ignore(
        {"name", "id", "project", "revision", "etag", "createdAt", "updatedAt", "createdBy", "updatedBy",
                   "warnings"});
    Wish wish;
    VariableChange general;
    general.description = fields.text("description");
    general.secret = fields.truth("secret").value_or(false);
    if (const auto value = fields.text("value")) general.value = Secret(*value);
    if (general.value || general.description) wish.push_back(std::move(general));
    for (const auto& member : fields.object("environments")) {
        VariableChange change;
        change.environment = std::string(member.key());
        const auto path = "environments." + change.environment;
        const auto& given = member.value();
        if (given.is_null()) continue;
        if (given.is_string()) {
            change.value = Secret(std::string_view(given.get_string()));
        } else if (given.is_object()) {
            const auto* value = given.get_object().if_contains("value");
            const auto* secret = given.get_object().if_contains("secret");
            if (value != nullptr && value->is_string())
                change.value = Secret(std::string_view(value->get_string()));
            if (value != nullptr && !value->is_string() && !value->is_null())
                fields.wrong(path + ".value", "must be a text");
            if (secret != nullptr && secret->is_bool()) change.secret = secret->get_bool();
        } else {
            fields.wrong(path, "must be a text, or an object with value and secret");
        }
        if (change.value) wish.push_back(std::move(change));
    }
    fields.done();
    return wish;
}

/// All of the changes or none. Only the first is made to what the client knows; the others follow in the same
/// breath.
Variable apply(Workspace& workspace, const std::string& project, const std::string& name, const Wish& wish,
               std::optional<std::int64_t> revision) {
    if (wish.empty())
        throw Error(ErrorCode::invalid_argument,
                    "A variable needs a value, for all environments or for one.");
    std::optional<Variable> variable;
    const std::function<void()> work = [&] {
        auto expected = revision;
        for (const auto& change : wish)
            variable =
                workspace.variables().set(project, name, change, std::exchange(expected, std::nullopt));
    };
    workspace.store().together(work);
    return std::move(*variable);
}

service::Changed changed_to(Workspace& workspace, const std::string& project, const std::string& name, const Wish& wish,
                            std::optional<std::int64_t> revision) {
    return {catalog::to_resource(apply(workspace, project, name, wish, revision)), {}};
}

service::Changed create(Workspace& workspace, const std::string& project, const std::string& name,
                        const json::object& fields) {
    const auto wish = wish_of(fields);
    if (workspace.store().resources().find(catalog::Kind::variable, project, name))
        throw Error(ErrorCode::already_exists, fmt::format("There is a variable '{}' already.", name));
    return changed_to(workspace, project, name, wish, {});
}

/// PUT and PATCH: values that are not given stay, because secret ones could not be given again.
service::Changed update(Workspace& workspace, const catalog::Resource& before, const json::object& fields, bool,
                        std::optional<std::int64_t> revision) {
    return changed_to(workspace, before.record.project, before.name, wish_of(fields), revision);
}

void remove(Workspace& workspace, const Request& request, const catalog::Resource& before, bool force,
            std::optional<std::int64_t> revision) {
    auto& variables = workspace.variables();
    if (const auto environment = request.argument("environment"))
        variables.unset(before.record.project, before.name, *environment, force, revision);
    else
        variables.remove(before.record.project, before.name, force, revision);
}

}  // namespace

std::vector<http::Route> variable_routes(Services& services) {
    return noun_routes(services.workspaces,
                       {.kind = catalog::Kind::variable,
                        .schema = "Variable",
                        .can_be_disabled = false,
                        .replace_note = "Values that are not given, or null, stay.",
                        .remove_parameters = {{"environment", "Only the value for this environment"}},
                        .create = create,
                        .update = update,
                        .remove = remove});
}

}  // namespace fairlead::api
