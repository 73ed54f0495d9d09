#include "monitor/stored_look.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "base/error_json.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/watched.hpp"
#include "service/engine.hpp"
#include "service/monitors.hpp"
#include "service/pools.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/monitor_store.hpp"
#include "store/store.hpp"

namespace fairlead::monitor {
namespace {

using service::Workspace;

class StoredLooks {
  public:
    StoredLooks(service::WorkspacePool& workspaces, service::Engine& engine, LookSettings settings)
        : workspaces_(workspaces), engine_(engine), settings_(std::move(settings)) {
        settings_.with_store = [this](std::function<void(store::Store&)> work) -> awaitable<void> {
            std::function<void(Workspace&)> call = [work](Workspace& workspace) { work(workspace.store()); };
            return workspaces_.run(as_daemon(), std::move(call));
        };
        if (settings_.due_by)
            settings_.due_by = [this, due_by = settings_.due_by](std::size_t index) { return due_by(places_.at(index)); };
        if (settings_.next)
            settings_.next = [this, next = settings_.next](std::size_t index, const LookResult& result) {
                return next(places_.at(index), result);
            };
    }

    awaitable<std::vector<StoredLook>> run(std::vector<std::string> ids, bool disabled_too) {
        std::optional<service::Target> target;
        std::optional<Error> failure;
        co_await workspaces_.run(as_daemon(), [&](Workspace& workspace) {
            find(workspace, ids, disabled_too);
            if (looks_.empty()) return;
            try {
                target = target_of(workspace, looks_.front().monitor);
            } catch (const Error& error) {
                failure = error;
            }
        });
        if (looks_.empty()) co_return std::move(looks_);
        if (failure)
            co_await record(*failure);
        else
            co_await look_at(std::move(*target));
        co_return std::move(looks_);
    }

  private:
    void find(Workspace& workspace, const std::vector<std::string>& ids, bool disabled_too) {
        service::Monitors monitors(workspace);
        for (std::size_t index = 0; index < ids.size(); ++index) {
            auto monitor = monitors.find(ids[index]);
            if (!monitor || (!monitor->enabled && !disabled_too)) continue;
            if (!looks_.empty() && place_key(*monitor) != place_key(looks_.front().monitor)) continue;
            watched_.push_back(watched_of(*monitor, settings_.now()));
            looks_.push_back({std::move(*monitor), {}});
            places_.push_back(index);
        }
    }

    awaitable<void> look_at(service::Target target) {
        const auto server = service::server_of(target.endpoint);
        std::function<awaitable<void>(service::Engine::Thread&)> work =
            [&](service::Engine::Thread& thread) -> awaitable<void> {
            const auto sessions = thread.pools.at(target);
            auto results =
                co_await look(*sessions, scene_of(looks_.front().monitor), watched_, std::move(settings_));
            for (std::size_t index = 0; index < looks_.size(); ++index)
                looks_[index].result = std::move(results[index]);
        };
        target.accepted_host_key = key_recorder(workspaces_, engine_, server, looks_.front().monitor);
        co_await engine_.on<void>(server, std::move(work));
    }

    /// A look that could not even begin counts as one that failed.
    awaitable<void> record(Error failure) {
        co_await settings_.with_store([&](store::Store& store) {
            for (std::size_t index = 0; index < looks_.size(); ++index) {
                auto& result = looks_[index].result;
                const auto& id = looks_[index].monitor.record.id;
                store::LookStart start{settings_.owner, settings_.now(), settings_.now()};
                if (settings_.due_by) start.due_by = settings_.due_by(index);
                result.look = store.monitors().begin_look(id, start).value_or(0);
                if (result.look == 0) continue;
                result.failure = failure;
                store::LookEnd end;
                end.at = settings_.now();
                end.next = settings_.next ? settings_.next(index, result) : end.at;
                end.problem = boost::json::serialize(to_json(failure));
                store.monitors().end_look(id, result.look, end);
            }
        });
    }

    service::WorkspacePool& workspaces_;
    service::Engine& engine_;
    LookSettings settings_;
    std::vector<StoredLook> looks_;
    std::vector<Watched> watched_;
    std::vector<std::size_t> places_;  // of each look among the ids
};

}  // namespace

std::string place_key(const catalog::Monitor& monitor) {
    return fmt::format("{}\n{}\n{}\n{}\n{}", monitor.record.project, catalog::name_key(monitor.connection),
                       monitor.environment, monitor.levels(), scene_of(monitor).path);
}

awaitable<std::vector<StoredLook>> look_for(service::WorkspacePool& workspaces, service::Engine& engine,
                                            std::vector<std::string> ids, LookSettings settings, bool disabled_too) {
    StoredLooks looks(workspaces, engine, std::move(settings));
    co_return co_await looks.run(std::move(ids), disabled_too);
}

}  // namespace fairlead::monitor
