#include "bundle/kinds.hpp"

#include <algorithm>
#include <iterator>

#include "catalog/connection_resource.hpp"
#include "catalog/kinds.hpp"

namespace fairlead::bundle {
using catalog::Kind;
using catalog::Resource;

bool is_portable(Kind kind) noexcept {
    return std::ranges::find(catalog::kind_rows(), kind, &catalog::KindRow::kind) != catalog::kind_rows().end();
}

bool is_there_from_the_start(const Resource& resource) {
    return resource.record.created_by == "fairlead" && resource.record.revision == 1;
}

bool serves_both(Kind kind) noexcept {
    return kind == Kind::environment || kind == Kind::variable;
}

Resource checked(Resource resource, std::vector<Fault>& faults) {
    // Secrets have their own way; a key that is not here must not look like one that is missing.
    if (resource.kind == Kind::connection)
        if (const auto* tls = resource.definition.if_contains("tls"); tls != nullptr && tls->is_object())
            if (const auto* certificate = tls->get_object().if_contains("certificate");
                certificate != nullptr && certificate->is_string() && !certificate->get_string().empty())
                resource.sealed.emplace("tls.key", "");
    catalog::Verdict verdict;
    auto result = catalog::row_of(resource.kind).checked(std::move(resource), verdict);
    result.sealed.clear();
    std::ranges::move(verdict.faults, std::back_inserter(faults));
    return result;
}

}  // namespace fairlead::bundle
