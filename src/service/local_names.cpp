#include "service/local_names.hpp"

#include <map>
#include <string>

#include "catalog/secret_reference.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

constexpr const char* kKnownHosts = "sftp.knownHosts";

/// What names something of this machine, by field.
using Names = std::map<std::string, std::string>;

Names names_in(const catalog::Resource& resource) {
    Names names;
    for (const auto& [field, sealed] : resource.sealed)
        if (const auto reference = catalog::reference_in(sealed)) names.emplace(field, *reference);
    if (resource.kind != catalog::Kind::connection) return names;
    if (const auto* sftp = resource.definition.if_contains("sftp"); sftp != nullptr && sftp->is_object())
        if (const auto* file = sftp->get_object().if_contains("knownHosts");
            file != nullptr && file->is_string() && !file->get_string().empty())
            names.emplace(kKnownHosts, file->get_string());
    return names;
}

Names names_in(catalog::Connection& given) {
    Names names;
    for (const auto& [field, secret] : catalog::secrets_of(given))
        if (catalog::is_secret_reference(secret->reveal())) names.emplace(field, secret->reveal());
    for (const auto& [field, sealed] : given.sealed)
        if (const auto reference = catalog::reference_in(sealed)) names.emplace(field, *reference);
    if (!given.sftp.known_hosts.empty()) names.emplace(kKnownHosts, given.sftp.known_hosts);
    return names;
}

void refuse_new(const Names& before, const Names& after) {
    Error error(ErrorCode::egress_denied,
                "What is kept on the machine that Fairlead runs on is named by administrators only.");
    for (const auto& [field, name] : after) {
        const auto known = before.find(field);
        if (known == before.end() || known->second != name)
            error.faults.push_back({field, name, "names something of that machine"});
    }
    if (error.faults.empty()) return;
    error.hint = "give the secret itself (one that really begins like this is written literal:...), or use a token of an "
                 "administrator for all projects";
    throw error;
}

}  // namespace

void refuse_local_names(store::ResourceStore& store, const Actor& actor,
                        const std::vector<store::ResourceChange>& changes) {
    if (actor.names_local) return;
    for (const auto& change : changes) {
        if (change.change == store::Change::remove) continue;
        const auto after = names_in(change.resource);
        if (after.empty()) continue;
        const auto before = store.find(change.resource.record.id);
        refuse_new(before ? names_in(*before) : Names(), after);
    }
}

void refuse_local_names(const Actor& actor, const catalog::Connection& before, catalog::Connection given) {
    if (actor.names_local) return;
    auto stored = before;
    refuse_new(names_in(stored), names_in(given));
}

}  // namespace fairlead::service
