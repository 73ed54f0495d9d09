#include "service/monitors.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/near.hpp"
#include "service/connections.hpp"
#include "service/stamp.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/event_store.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Monitor;
namespace json = boost::json;

Monitor base_for_replacement(const Monitor& before) {
    Monitor base;
    base.record = before.record;
    base.name = before.name;
    base.sealed = before.sealed;
    return base;
}

[[noreturn]] void refuse(std::vector<Fault> faults) {
    const auto& first = faults.front();
    Error error(ErrorCode::invalid_argument,
                fmt::format("The monitor is not valid: {} {}.", first.field, first.problem));
    error.faults = std::move(faults);
    throw error;
}

/// The new secret, if the fields name one: empty to remove it.
std::optional<Secret> secret_in(const json::object& fields, std::vector<Fault>& faults) {
    const auto* given = fields.if_contains(catalog::kWebhookSecret);
    if (given == nullptr || given->is_null()) return std::nullopt;
    if (const auto* text = given->if_string()) return Secret(std::string_view(*text));
    faults.push_back({std::string(catalog::kWebhookSecret), "", "must be a text"});
    return std::nullopt;
}

}  // namespace

SavedMonitor Monitors::store(Monitor monitor, store::Change change, std::vector<Fault> faults,
                             const json::object& fields, const Monitor* before) {
    stamp(monitor.record, workspace_.actor());
    store::ResourceChange stored;
    stored.change = change;
    const std::string field(catalog::kWebhookSecret);
    if (const auto secret = secret_in(fields, faults)) {
        stored.changed_secrets.push_back(field);
        if (secret->empty())
            monitor.sealed.erase(field);
        else
            monitor.sealed[field] = workspace_.vault().seal(*secret, monitor.record.id, field);
    }
    for (auto& fault : catalog::validate(monitor))
        faults.push_back(std::move(fault));
    if (!faults.empty()) refuse(std::move(faults));
    SavedMonitor saved;
    const auto connections = workspace_.connections().names(monitor.record.project);
    if (std::ranges::none_of(connections, [&](const std::string& name) {
            return catalog::name_key(name) == catalog::name_key(monitor.connection);
        }))
        saved.warnings.push_back({"connection", monitor.connection, "does not exist yet"});
    const bool anew = before != nullptr && catalog::sees_otherwise(*before, monitor);
    if (anew)
        saved.warnings.push_back(
            {"path", monitor.path, "what was seen before says nothing about this; the next look is a first one"});
    stored.resource = catalog::resource_of(monitor);
    auto& store = workspace_.store();
    workspace_.vault().keep([&] {
        store.resources().apply(stored, workspace_.actor().via);
        if (anew) store.monitors().reset(monitor.record.id);
        const auto consumer = webhook_consumer(monitor);
        if (monitor.webhook_url.empty())
            store.events().unsubscribe(consumer);
        else
            store.events().subscribe(consumer, monitor.record.id);
    });
    saved.monitor = std::move(monitor);
    return saved;
}

SavedMonitor Monitors::create(std::string_view project, std::string_view name, const json::object& fields) {
    std::vector<Fault> faults;
    auto monitor = catalog::apply(Monitor{}, fields, faults);
    monitor.name = name;
    monitor.record.project = project;
    return store(std::move(monitor), store::Change::create, std::move(faults), fields, nullptr);
}

SavedMonitor Monitors::update(std::string_view project, std::string_view name, const json::object& fields,
                              bool replace, Revision expected) {
    const auto before = get(project, name);
    require_revision(Kind::monitor, before.name, before.record, expected);
    std::vector<Fault> faults;
    auto after = catalog::apply(replace ? base_for_replacement(before) : before, fields, faults);
    const bool renamed = after.name != before.name;
    return store(std::move(after), renamed ? store::Change::rename : store::Change::update, std::move(faults), fields,
                 &before);
}

SavedMonitor Monitors::set_enabled(std::string_view project, std::string_view name, bool enabled, Revision expected) {
    const auto before = get(project, name);
    require_revision(Kind::monitor, before.name, before.record, expected);
    if (before.enabled == enabled) return {before, {}};
    auto after = before;
    after.enabled = enabled;
    return store(std::move(after), enabled ? store::Change::enable : store::Change::disable, {}, {}, &before);
}

void Monitors::remove(std::string_view project, std::string_view name, Revision expected) {
    auto monitor = get(project, name);
    require_revision(Kind::monitor, monitor.name, monitor.record, expected);
    stamp_removal(monitor.record, workspace_.actor());
    store::ResourceChange change;
    change.change = store::Change::remove;
    change.resource = catalog::resource_of(monitor);
    auto& store = workspace_.store();
    store.together([&] {
        store.resources().apply(change, workspace_.actor().via);
        store.monitors().remove(monitor.record.id);
    });
}

void Monitors::reset(std::string_view project, std::string_view name) {
    workspace_.store().monitors().reset(get(project, name).record.id);
}

Monitor Monitors::get(std::string_view project, std::string_view name) {
    auto& resources = workspace_.store().resources();
    auto found = resources.find(Kind::monitor, project, name);
    if (!found) found = resources.find(Kind::monitor, catalog::kGlobalProject, name);
    if (found) return catalog::monitor_of(*found);
    const auto close = nearest(name, names(project));
    throw Error(ErrorCode::not_found, fmt::format("There is no monitor '{}' in the project '{}'.", name, project))
        .hinting(close.empty() ? "'monitor list' shows those that are there"
                               : fmt::format("did you mean '{}'?", close));
}

std::optional<Monitor> Monitors::find(std::string_view id) {
    const auto found = workspace_.store().resources().find(id);
    if (!found || found->kind != Kind::monitor) return std::nullopt;
    return catalog::monitor_of(*found);
}

std::vector<Monitor> Monitors::list(std::string_view project) {
    auto& resources = workspace_.store().resources();
    store::ResourceQuery query;
    query.kind = Kind::monitor;
    query.projects = {std::string(project)};
    std::vector<Monitor> found;
    for (const auto& resource : resources.list(query))
        found.push_back(catalog::monitor_of(resource));
    if (project == catalog::kGlobalProject) return found;
    std::vector<std::string> own;
    for (const auto& monitor : found)
        own.push_back(catalog::name_key(monitor.name));
    query.projects = {std::string(catalog::kGlobalProject)};
    for (const auto& resource : resources.list(query))
        if (std::ranges::find(own, catalog::name_key(resource.name)) == own.end())
            found.push_back(catalog::monitor_of(resource));
    std::ranges::sort(found, {}, [](const Monitor& monitor) { return catalog::name_key(monitor.name); });
    return found;
}

std::vector<std::string> Monitors::names(std::string_view project) {
    std::vector<std::string> names;
    for (const auto& monitor : list(project))
        names.push_back(monitor.name);
    return names;
}

std::optional<Secret> Monitors::webhook_secret(const Monitor& monitor) {
    const auto sealed = monitor.sealed.find(std::string(catalog::kWebhookSecret));
    if (sealed == monitor.sealed.end()) return std::nullopt;
    return workspace_.vault().open(sealed->second, monitor.record.id, catalog::kWebhookSecret);
}

std::string Monitors::webhook_consumer(const Monitor& monitor) {
    return "webhook:" + monitor.record.id;
}

}  // namespace fairlead::service
