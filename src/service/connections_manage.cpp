// What concerns a connection among other things, as with every kind of them: its name, place, past, and who uses it.

#include "catalog/connection_resource.hpp"
#include "service/connections.hpp"
#include "service/things.hpp"
#include "service/vault.hpp"

namespace fairlead::service {

using catalog::Connection;
using catalog::Kind;

namespace {
Saved saved(Changed changed) {
    return {catalog::connection_of(changed.resource), std::move(changed.warnings)};
}
}  // namespace

Things Connections::things() {
    return {store_, vault_, actor_};
}

Saved Connections::rename(std::string_view project, std::string_view name, std::string_view new_name,
                          Revision revision) {
    return saved(things().rename(Kind::connection, project, name, new_name, revision));
}

Saved Connections::duplicate(std::string_view project, std::string_view name, std::string_view new_name) {
    return saved(things().duplicate(Kind::connection, project, name, new_name));
}

Saved Connections::move(std::string_view project, std::string_view name, std::string_view to, bool force,
                        Revision revision) {
    return saved(things().move(Kind::connection, project, name, to, force, revision));
}

Saved Connections::set_enabled(std::string_view project, std::string_view name, bool enabled, Revision revision) {
    return saved(things().set_enabled(Kind::connection, project, name, enabled, revision));
}

Saved Connections::rollback(std::string_view project, std::string_view name, std::int64_t to, Revision revision) {
    return saved(things().rollback(Kind::connection, project, name, to, revision));
}

void Connections::remove(std::string_view project, std::string_view name, bool force, Revision revision) {
    things().remove(Kind::connection, project, name, force, revision);
}

Connection Connections::get(std::string_view project, std::string_view name) {
    return catalog::connection_of(things().get(Kind::connection, project, name));
}

std::vector<std::string> Connections::names(std::string_view project) {
    return things().names(Kind::connection, project);
}

std::vector<store::Revision> Connections::history(std::string_view project, std::string_view name) {
    return things().history(Kind::connection, project, name);
}

std::vector<catalog::Resource> Connections::users(std::string_view project, std::string_view name) {
    return things().users(Kind::connection, project, name);
}

}  // namespace fairlead::service
