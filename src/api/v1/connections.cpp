#include "api/v1/connections.hpp"

#include "api/noun.hpp"
#include "catalog/connection_fields.hpp"
#include "catalog/connection_resource.hpp"
#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using service::Workspace;

service::Changed changed_of(service::Saved saved) {
    return {catalog::to_resource(saved.connection), std::move(saved.warnings)};
}

/// Everything that a replacement does not name gets its default; secrets stay, unless they are named.
void complete(catalog::ConnectionPatch& patch, const catalog::Connection& before) {
    catalog::for_each_field(before, [&](std::string_view path, const auto&) {
        if (path != "name" && !patch.has(path)) patch.set(path, json::value(nullptr));
    });
}

service::Changed create(Workspace& workspace, const std::string& project, const std::string& name,
                        const json::object& fields) {
    catalog::ConnectionPatch patch;
    patch.fields = fields;
    return changed_of(workspace.connections().create(project, name, patch));
}

service::Changed update(Workspace& workspace, const catalog::Resource& before, const json::object& fields, bool replace,
                        std::optional<std::int64_t> revision) {
    catalog::ConnectionPatch patch;
    patch.fields = fields;
    if (replace) complete(patch, catalog::connection_of(before));
    return changed_of(workspace.connections().update(before.record.project, before.name, patch, revision));
}

}  // namespace

std::vector<http::Route> connection_routes(Services& services) {
    return noun_routes(services.workspaces,
                       {.kind = catalog::Kind::connection,
                        .schema = "Connection",
                        .filters = {{"protocol", "Only those of this protocol: ftp, ftps or sftp"}},
                        .disable_note = "Whoever uses a disabled connection gets the code `disabled`.",
                        .create = create,
                        .update = update});
}

}  // namespace fairlead::api
