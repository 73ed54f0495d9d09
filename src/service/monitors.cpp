#include "service/monitors.hpp"

#include "service/things.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Monitor;
}  // namespace

void Monitors::reset(std::string_view project, std::string_view name) {
    workspace_.store().monitors().reset(get(project, name).record.id);
}

Monitor Monitors::get(std::string_view project, std::string_view name) {
    return catalog::monitor_of(Things(workspace_).get(Kind::monitor, project, name));
}

std::optional<Monitor> Monitors::find(std::string_view id) {
    const auto found = workspace_.store().resources().find(id);
    if (!found || found->kind != Kind::monitor) return std::nullopt;
    return catalog::monitor_of(*found);
}

std::vector<Monitor> Monitors::list(std::string_view project) {
    std::vector<Monitor> found;
    for (const auto& resource : Things(workspace_).list(Kind::monitor, project))
        found.push_back(catalog::monitor_of(resource));
    return found;
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
