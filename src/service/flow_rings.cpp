#include "service/flow_rings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fairlead/error.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Resource;

/// Goes from each flow to those that start it.
class Walk {
  public:
    Walk(store::ResourceStore& resources, const Resource& flow) : resources_(resources), flow_(flow) {}

    void from(const Resource& flow) {
        way_.push_back(flow.name);
        for (const auto& reference : flow.references) {
            if (reference.kind != Kind::flow) continue;
            if (catalog::name_key(reference.name) == catalog::name_key(flow_.name)) refuse();
            if (!seen_.insert(catalog::name_key(reference.name)).second) continue;
            if (const auto before = find(reference.name)) from(*before);
        }
        way_.pop_back();
    }

  private:
    std::optional<Resource> find(const std::string& name) {
        auto found = resources_.find(Kind::flow, flow_.record.project, name);
        if (!found) found = resources_.find(Kind::flow, catalog::kGlobalProject, name);
        return found;
    }
    [[noreturn]] void refuse() const {
        std::string ring = "'" + flow_.name + "'";
        for (auto name = way_.rbegin(); name != way_.rend(); ++name)
            ring += fmt::format(" starts '{}'", *name) + (std::next(name) == way_.rend() ? "" : ", which");
        Error error(ErrorCode::invalid_argument, fmt::format("Flows that start each other in a ring would never end: {}.", ring));
        error.hint = "take one of them out of triggers.after";
        error.faults.push_back({"triggers.after", flow_.name, "closes a ring: " + ring});
        throw error;
    }

    store::ResourceStore& resources_;
    const Resource& flow_;
    std::vector<std::string> way_;
    std::set<std::string> seen_;
};

}  // namespace

void refuse_ring(store::ResourceStore& resources, const catalog::Resource& flow) {
    Walk(resources, flow).from(flow);
}

}  // namespace fairlead::service
