#include "operation/executor.hpp"

#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "operation/conduct.hpp"
#include "operation/request_json.hpp"
#include "service/engine.hpp"
#include "service/pools.hpp"
#include "service/reach.hpp"
#include "service/runs.hpp"
#include "service/workspace_pool.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {
namespace {

/// The entries of a list, as lines of JSON beside the other documents of the run.
class Entries final : public Sink {
  public:
    Entries(const std::string& path, std::string zone) : zone_(std::move(zone)), file_(std::fopen(path.c_str(), "wb")) {}

    awaitable<void> listed(const Entry& entry) override {
        const auto line = boost::json::serialize(entry_document(entry, zone_)) + "\n";
        if (!file_ || std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) throw no_room();
        co_return;
    }
    void close() {
        if (file_ && std::fclose(file_.release()) != 0) throw no_room();
    }

  private:
    static Error no_room() {
        return Error(ErrorCode::no_space, "The list cannot be written to the data directory.");
    }
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::string zone_;
    std::unique_ptr<std::FILE, Close> file_;
};

awaitable<service::RunEnd> conduct_on(service::Engine::Thread& thread, const service::Target& target,
                                      service::HeldRun& held, Request request, const std::string& folder) {
    const auto remote = thread.pools.own(target, 1);
    const auto protocol = to_string(target.endpoint.protocol);
    const bool lists = request.operation.action == catalog::Action::list;
    Sink nothing;
    std::optional<Entries> entries;
    if (lists) entries.emplace(entries_path(folder), request.zone);
    Sink& sink = entries ? static_cast<Sink&>(*entries) : nothing;
    service::RunEnd end;
    const auto act = [&]() -> awaitable<void> {
        end = co_await conduct(held, std::move(request), *remote, &thread.journal, sink, protocol);
    };
    const auto failure = co_await transfer::caught(act());
    co_await remote->close();
    if (failure) throw Error(*failure);
    if (entries) entries->close();
    co_return end;
}

awaitable<service::RunEnd> work(service::WorkspacePool& workspaces, service::Engine& engine,
                                service::HeldRun& held) {
    const auto& run = held.run();
    auto request = request_of(run.request);
    auto target = co_await service::reach(workspaces, engine, run.project, run.connection, run.environment);
    target.observer = held.trace(run.connection);
    request.zone = target.endpoint.ftp.time_zone;
    request.limits.add(target.limit);
    const auto folder = service::Runs::folder(workspaces.directory(), run.id);
    std::filesystem::create_directories(request.output.folder.empty() ? folder : request.output.folder);
    std::filesystem::create_directories(folder);
    std::function<awaitable<service::RunEnd>(service::Engine::Thread&)> call =
        [&](service::Engine::Thread& thread) {
            return conduct_on(thread, target, held, std::move(request), folder);
        };
    const auto server = service::server_of(target.endpoint);
    co_return co_await engine.on<service::RunEnd>(server, std::move(call));
}

}  // namespace

std::string entries_path(const std::string& run_folder) {
    return run_folder + "/list.jsonl";
}

service::RunWork executor(service::WorkspacePool& workspaces, service::Engine& engine) {
    return [&workspaces, &engine](service::HeldRun& held) { return work(workspaces, engine, held); };
}

}  // namespace fairlead::operation
