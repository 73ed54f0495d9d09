#include <fmt/format.h>

#include <array>

#include "fairlead/error.hpp"
#include "store/resource_store.hpp"

namespace fairlead::store {
namespace {

constexpr std::array kChanges{Change::create, Change::update,  Change::rename,   Change::move,
                              Change::enable, Change::disable, Change::rollback, Change::import,
                              Change::rotate, Change::remove};

}  // namespace

std::string_view to_string(Change change) noexcept {
    switch (change) {
        case Change::create:
            return "create";
        case Change::update:
            return "update";
        case Change::rename:
            return "rename";
        case Change::move:
            return "move";
        case Change::enable:
            return "enable";
        case Change::disable:
            return "disable";
        case Change::rollback:
            return "rollback";
        case Change::import:
            return "import";
        case Change::rotate:
            return "rotate";
        case Change::remove:
            return "delete";
    }
    return "update";
}

Change parse_change(std::string_view word) {
    for (const auto change : kChanges)
        if (to_string(change) == word) return change;
    throw Error(ErrorCode::internal, fmt::format("The store holds an unknown change, '{}'.", word));
}

std::string cursor_of(const catalog::Resource& resource, ResourceQuery::Order order) {
    const auto& record = resource.record;
    switch (order) {
        case ResourceQuery::Order::name:
            return fmt::format("{}/{}", catalog::name_key(resource.name), record.id);
        case ResourceQuery::Order::created:
            return fmt::format("{}/{}", record.created_at.time_since_epoch().count(), record.id);
        case ResourceQuery::Order::updated:
            return fmt::format("{}/{}", record.updated_at.time_since_epoch().count(), record.id);
    }
    return {};
}

}  // namespace fairlead::store
