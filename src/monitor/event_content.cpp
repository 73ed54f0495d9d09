#include "monitor/event_content.hpp"

#include <fmt/format.h>

#include "base/quantity.hpp"
#include "monitor/connection_target.hpp"
#include "monitor/decide.hpp"
#include "service/engine.hpp"
#include "service/pools.hpp"
#include "service/workspace_pool.hpp"
#include "transfer/failure.hpp"

namespace fairlead::monitor {
namespace {

using service::Workspace;

/// Whether the file is still the version that the event tells of.
bool is_same_version(const catalog::FileFacts& then, const catalog::FileFacts& now) {
    return !differs(then, now, {});
}

awaitable<void> read_into(FileSystem& files, const std::string& path, std::uint64_t limit, std::string& bytes) {
    const auto stream = co_await files.open_read(path);
    const auto read = [&]() -> awaitable<void> {
        for (auto part = co_await stream->read(); !part.empty(); part = co_await stream->read()) {
            if (bytes.size() + part.size() > limit)
                throw Error(ErrorCode::source_changed, "it has grown beyond the limit");
            bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
        }
    };
    const auto failure = co_await transfer::caught(read());
    const auto unclosed = co_await transfer::caught(stream->close());
    if (failure) throw Error(*failure);
    if (unclosed) throw Error(*unclosed);
}

}  // namespace

awaitable<EventContent> content_of(service::WorkspacePool& workspaces, service::Engine& engine,
                                   const catalog::FileEvent& event, const catalog::Monitor& monitor) {
    EventContent content;
    if (!monitor.content_limit || event.change == catalog::FileChange::deleted ||
        event.facts.type != EntryType::file)
        co_return content;
    const auto limit = *monitor.content_limit;
    if (event.facts.size.value_or(0) > limit) {
        content.omitted = fmt::format("it is larger than {}", format_size(limit));
        co_return content;
    }
    std::string bytes;
    const auto read = [&]() -> awaitable<void> {
        std::optional<service::Target> target;
        co_await workspaces.run(as_daemon(), [&](Workspace& workspace) { target = target_of(workspace, monitor); });
        const auto server = service::server_of(target->endpoint);
        target->accepted_host_key = key_recorder(workspaces, engine, server, monitor);
        std::function<awaitable<void>(service::Engine::Thread&)> work =
            [&](service::Engine::Thread& thread) -> awaitable<void> {
            const auto sessions = thread.pools.at(*target);
            auto lease = co_await sessions->take();
            co_await read_into(lease.files(), event.path, limit, bytes);
            const auto entry = co_await lease.files().stat(event.path);
            if (!is_same_version(event.facts, catalog::facts_of(entry)) || entry.size.value_or(bytes.size()) != bytes.size())
                throw Error(ErrorCode::source_changed, "it has changed since");
        };
        co_await engine.on<void>(server, std::move(work));
    };
    const auto failure = co_await transfer::caught(read());
    if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    if (failure)
        content.omitted = failure->message;
    else
        content.bytes = std::move(bytes);
    co_return content;
}

}  // namespace fairlead::monitor
