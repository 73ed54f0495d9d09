#include "api/resource_page.hpp"

#include <boost/json/array.hpp>
#include <string>

#include "api/json.hpp"
#include "api/parameters.hpp"
#include "catalog/record.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::api {

http::Response resource_page(service::Workspace& workspace, const http::Request& request, catalog::Kind kind,
                             const ItemOf& item_of) {
    namespace json = boost::json;
    const auto& project = request.parameters.at("project");
    const auto key = catalog::name_key(project);
    auto wish = page_wish(request, kind);
    const bool own_only = truth_of(request, "own").value_or(false);
    wish.query.projects = {project};
    const bool global_too = !own_only && key != catalog::name_key(catalog::kGlobalProject);
    if (global_too) wish.query.projects.emplace_back(catalog::kGlobalProject);
    auto& store = workspace.store().resources();
    json::array items;
    std::string next;
    for (bool more = true; more;) {
        const auto found = store.list(wish.query);
        more = found.size() == wish.query.limit;
        for (const auto& resource : found) {
            wish.query.after = store::cursor_of(resource, wish.query.order);
            const bool hidden = catalog::name_key(resource.record.project) != key &&
                                store.find(kind, project, resource.name).has_value();
            if (hidden) continue;
            auto item = item_of(resource);
            if (!item) continue;
            if (items.size() == wish.limit)
                return answer(json::object{{"items", std::move(items)}, {"next", next}});
            items.push_back(std::move(*item));
            next = wish.query.after;
        }
    }
    return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

}  // namespace fairlead::api
