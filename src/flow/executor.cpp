#include "flow/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/path.hpp"
#include "fairlead/open.hpp"
#include "flow/work.hpp"
#include "service/engine.hpp"
#include "service/flows.hpp"
#include "service/pools.hpp"
#include "service/reach.hpp"
#include "service/workspace_pool.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

using Folders = std::vector<std::string>;
using Targets = std::map<std::string, service::Target>;

/// Only what an administrator of the machine has named: whoever may define flows is not thereby its owner.
void require_allowed(const std::string& path, std::string_view field, const Folders& folders) {
    auto fixed = path.substr(0, path.find('{'));
    if (fixed.size() < path.size()) fixed.erase(fixed.rfind('/') + 1);
    const auto place = path::confine(fixed) + "/";
    const auto allows = [&](const std::string& folder) {
        const auto whole = path::confine(folder);
        return whole == "/" || place.starts_with(whole + "/");
    };
    if (std::ranges::any_of(folders, allows)) return;
    throw Error(ErrorCode::permission_denied, fmt::format("{} '{}' is a folder that the daemon's flows may not use.", field, path))
        .on(path)
        .hinting("start the daemon with --flow-folder DIR for each folder that they may");
}

void require_allowed(const catalog::Flow& flow, const Folders& folders) {
    if (flow.source.connection.empty()) require_allowed(flow.source.path, "source.path", folders);
    for (const auto& target : flow.targets)
        if (target.connection.empty()) require_allowed(target.path, "targets.path", folders);
}

std::shared_ptr<transfer::Sessions> this_machine(const service::Engine::Thread& thread, unsigned most) {
    auto opener = []() -> awaitable<std::shared_ptr<FileSystem>> { co_return open_local("/"); };
    return std::make_shared<transfer::Sessions>(thread.executor, std::move(opener), most,
                                                transfer::PlaceFacts{.identity = "local"});
}

awaitable<service::RunEnd> conduct_on(service::Engine::Thread& thread, const Targets& reached, const std::string& directory,
                                      service::HeldRun& held, Request request) {
    const auto& flow = request.flow;
    std::shared_ptr<transfer::Sessions> local;
    std::map<std::string, std::shared_ptr<transfer::Sessions>> remote;
    const auto place = [&](const std::string& connection) {
        Place made;
        if (connection.empty()) {
            if (!local) local = this_machine(thread, sessions_at_once(flow));
            made.sessions = local;
            return made;
        }
        const auto& target = reached.at(connection);
        auto& mine = remote[connection];
        if (!mine) mine = thread.pools.at(target);
        made.sessions = mine;
        made.label = connection + ":";
        made.limit = target.limit;
        return made;
    };
    Places places;
    places.source = place(flow.source.connection);
    for (const auto& target : flow.targets)
        places.targets.push_back(place(target.connection));
    places.journal = &thread.journal;
    places.spool = directory + "/flows";
    places.gnupg_home = directory + "/gnupg";
    Listener nobody;
    service::RunEnd end;
    const auto act = [&]() -> awaitable<void> {
        end = co_await conduct(held, std::move(request), std::move(places), nobody);
    };
    const auto failure = co_await transfer::caught(act());
    if (local) co_await local->close();
    for (const auto& [name, sessions] : remote)
        if (reached.at(name).observer) co_await sessions->close();
    if (failure) throw Error(*failure);
    co_return end;
}

awaitable<service::RunEnd> work(service::WorkspacePool& workspaces, service::Engine& engine, const Folders& folders,
                                service::HeldRun& held) {
    const auto& run = held.run();
    Request request;
    co_await held.on_workspace()([&](service::Workspace& workspace) {
        request.flow = service::Flows(workspace).usable(run.project, run.subject);
    });
    if (const auto* only = run.request.if_contains("only")) request.only = only->as_string();
    if (const auto* waits = run.request.if_contains("waits")) request.waits = waits->as_bool();
    require_allowed(request.flow, folders);
    Targets reached;
    std::vector<std::string> names{request.flow.source.connection};
    for (const auto& target : request.flow.targets)
        names.push_back(target.connection);
    std::string server = "local";
    for (const auto& name : names) {
        if (name.empty() || reached.contains(name)) continue;
        auto target = co_await service::reach(workspaces, engine, request.flow.record.project, name, run.environment);
        target.observer = held.trace(name);
        if (server == "local") server = service::server_of(target.endpoint);
        reached.emplace(name, std::move(target));
    }
    std::function<awaitable<service::RunEnd>(service::Engine::Thread&)> call =
        [&](service::Engine::Thread& thread) { return conduct_on(thread, reached, workspaces.directory(), held, std::move(request)); };
    co_return co_await engine.on<service::RunEnd>(server, std::move(call));
}

}  // namespace

service::RunWork executor(service::WorkspacePool& workspaces, service::Engine& engine, Folders folders) {
    return [&workspaces, &engine, folders = std::move(folders)](service::HeldRun& held) {
        return work(workspaces, engine, folders, held);
    };
}

}  // namespace fairlead::flow
