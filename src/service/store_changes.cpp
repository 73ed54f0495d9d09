#include "service/store_changes.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "catalog/flow_resource.hpp"
#include "catalog/monitor.hpp"
#include "service/flow_rings.hpp"
#include "service/flows.hpp"
#include "service/monitors.hpp"
#include "service/places.hpp"
#include "store/delivery_store.hpp"
#include "store/event_store.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Monitor;
using store::Change;
using store::ResourceChange;

/// A monitor with the connection that it means: that may get another name.
struct Watch {
    Monitor monitor;
    std::string connection_id;  ///< empty: there is none
};

Watch watch_of(store::ResourceStore& resources, const catalog::Resource& resource) {
    Watch watch{catalog::monitor_of(resource), {}};
    for (const auto& project : {watch.monitor.record.project, std::string(catalog::kGlobalProject)})
        if (const auto found = resources.find(Kind::connection, project, watch.monitor.connection)) {
            watch.connection_id = found->record.id;
            break;
        }
    return watch;
}

bool looks_elsewhere(Watch before, const Watch& after) {
    if (!before.connection_id.empty() && !after.connection_id.empty()) {
        if (before.connection_id != after.connection_id) return true;
        before.monitor.connection = after.monitor.connection;
    }
    return catalog::sees_otherwise(before.monitor, after.monitor);
}

class Storing {
  public:
    Storing(store::Store& store, const Actor& actor, const std::vector<ResourceChange>& changes)
        : store_(store), actor_(actor), changes_(changes) {}

    std::vector<Fault> run() {
        const auto more_follows = [](const ResourceChange& one) {
            return one.resource.kind == Kind::monitor || one.resource.kind == Kind::flow ||
                   (one.resource.kind == Kind::operation && one.change == Change::remove);
        };
        if (std::ranges::any_of(changes_, more_follows))
            store_.together([this] { apply_with_what_follows(); });
        else
            apply();
        return std::move(warnings_);
    }

  private:
    void apply() { apply_in_project(store_.resources(), actor_, changes_.front().resource.record.project, changes_); }

    void apply_with_what_follows() {
        warnings_.clear();
        std::map<std::string, Watch> before;
        for (const auto& [change, resource, secrets] : changes_)
            if (resource.kind == Kind::monitor && change != Change::create && change != Change::remove)
                if (const auto stored = store_.resources().find(resource.record.id))
                    before.emplace(resource.record.id, watch_of(store_.resources(), *stored));
        apply();
        for (const auto& [change, resource, secrets] : changes_) {
            if (resource.kind == Kind::monitor) follow_monitor(change, resource, before);
            if (resource.kind == Kind::flow) follow_flow(change, resource);
            if (resource.kind != Kind::monitor && change == Change::remove) store_.events().remove(resource.record.id);
        }
    }

    void follow_monitor(Change change, const catalog::Resource& resource, const std::map<std::string, Watch>& before) {
        if (change == Change::remove) return store_.monitors().remove(resource.record.id);
        const auto now = watch_of(store_.resources(), resource);
        const auto known = before.find(resource.record.id);
        if (known != before.end() && looks_elsewhere(known->second, now)) {
            store_.monitors().reset(resource.record.id);
            warnings_.push_back({"path", now.monitor.path,
                                 "what was seen before says nothing about this; the next look is a first one"});
        }
        const auto consumer = Monitors::webhook_consumer(now.monitor);
        if (now.monitor.webhook_url.empty())
            store_.events().unsubscribe(consumer);
        else
            store_.events().subscribe(consumer, resource.record.id);
    }

    void follow_flow(Change change, const catalog::Resource& resource) {
        const auto& id = resource.record.id;
        if (change != Change::remove) refuse_ring(store_.resources(), resource);
        if (change == Change::remove) store_.deliveries().forget_flow(id);
        if (change == Change::remove || catalog::flow_of(resource).triggers.monitor.empty())
            store_.events().unsubscribe(consumer_of_flow(id));
    }

    store::Store& store_;
    const Actor& actor_;
    const std::vector<ResourceChange>& changes_;
    std::vector<Fault> warnings_;
};

}  // namespace

std::vector<Fault> store_changes(store::Store& store, const Actor& actor, const std::vector<ResourceChange>& changes) {
    return Storing(store, actor, changes).run();
}

}  // namespace fairlead::service
