#include "service/secret_ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "catalog/connection_resource.hpp"
#include "catalog/variable.hpp"
#include "catalog/variables.hpp"
#include "fairlead/error.hpp"
#include "service/connection_change.hpp"
#include "service/usage.hpp"

namespace fairlead::service {
namespace {

using catalog::Connection;
using catalog::Kind;
using catalog::Resource;
using store::Change;

constexpr const char* kHint = "use a token of an administrator, or give the secrets again in the same change";

/// The variables that say where a connection leads.
std::vector<std::string> variables_of_way(const Connection& connection) {
    return catalog::variables_in(fmt::format("{}\n{}\n{}", connection.host, connection.port, connection.proxy));
}

void refuse_in(const Resource& before, const Resource& after) {
    const auto was = catalog::connection_of(before), is = catalog::connection_of(after);
    const bool means_other_variables =
        before.record.project != after.record.project && !variables_of_way(is).empty();
    if (!leads_to_another_server(was, is) && !means_other_variables) return;
    Error error(ErrorCode::egress_denied,
                fmt::format("The stored secrets of the connection '{}' are not sent to another server.", before.name));
    for (const auto& [field, sealed] : after.sealed) {
        const auto known = before.sealed.find(field);
        if (known != before.sealed.end() && known->second == sealed)
            error.faults.push_back({field, "", "must be given again, because the connection leads to another server"});
    }
    if (error.faults.empty()) return;
    error.hint = kHint;
    throw error;
}

class VariableCheck {
  public:
    explicit VariableCheck(store::ResourceStore& store) : store_(store) {}

    /// When a value of the variable is, also by other variables, part of the way of a connection with secrets.
    void refuse_if_it_leads(const std::string& project, const std::string& name) {
        if (!seen_.insert(fmt::format("{}/{}", project, catalog::name_key(name))).second) return;
        if (project != catalog::kGlobalProject)  // a global variable that names it means the project's own there
            for (const auto& user : users_of(store_, Kind::variable, catalog::kGlobalProject, name))
                if (user.kind == Kind::variable && user.record.project == catalog::kGlobalProject)
                    refuse_if_it_leads(project, user.name);
        for (const auto& user : users_of(store_, Kind::variable, project, name)) {
            if (user.kind == Kind::variable) refuse_if_it_leads(user.record.project, user.name);
            if (user.kind != Kind::connection || user.sealed.empty()) continue;
            const auto names = variables_of_way(catalog::connection_of(user));
            if (std::ranges::find(names, name) == names.end()) continue;
            Error error(ErrorCode::egress_denied,
                        fmt::format("The variable '{}' says where the connection '{}' leads, and its stored secrets are "
                                    "not sent to another server.",
                                    name, user.name));
            error.faults.push_back({"value", "", fmt::format("is where the connection '{}' leads", user.name)});
            error.hint = "use a token of an administrator";
            throw error;
        }
    }

  private:
    store::ResourceStore& store_;
    std::set<std::string> seen_;
};

}  // namespace

void refuse_redirected_secrets(store::ResourceStore& store, const Actor& actor,
                               const std::vector<store::ResourceChange>& changes) {
    if (actor.redirects_secrets) return;
    for (const auto& [change, resource, secrets] : changes) {
        const auto before = store.find(resource.record.id);
        if (resource.kind == Kind::connection && change != Change::remove && before) refuse_in(*before, resource);
        if (resource.kind != Kind::variable) continue;
        const bool moved = before && before->record.project != resource.record.project;
        const bool same = change != Change::remove && before && !moved && before->sealed == resource.sealed &&
                          catalog::variable_of(*before).plain == catalog::variable_of(resource).plain;
        if (same) continue;
        VariableCheck(store).refuse_if_it_leads(resource.record.project, resource.name);
        if (moved) VariableCheck(store).refuse_if_it_leads(before->record.project, before->name);
    }
}

}  // namespace fairlead::service
