#include "flow/ledger.hpp"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "catalog/flow_resource.hpp"
#include "service/alerts.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::flow {

using catalog::FileVersion;

namespace {

namespace asio = boost::asio;
constexpr std::size_t kPage = 500;
constexpr std::chrono::milliseconds kLook{500};  // whether the flow's other run has ended

}  // namespace

awaitable<void> Ledger::on_store(std::function<void(store::DeliveryStore&)> work) {
    co_await held_.on_workspace()([&](service::Workspace& workspace) { work(workspace.store().deliveries()); });
}

awaitable<void> Ledger::take(bool waits) {
    std::optional<std::string> other;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        co_await on_store([&](store::DeliveryStore& store) { other = store.take(flow_, held_.run().id); });
        if (!other || !waits) break;
        timer.expires_after(kLook);
        co_await timer.async_wait(asio::use_awaitable);
    }
    if (other)
        throw Error(ErrorCode::conflict,
                    fmt::format("The flow '{}' is being run already, by the run '{}'.", held_.run().subject, *other))
            .hinting(fmt::format("wait for it, or 'run cancel {}'", *other));
}

awaitable<std::vector<FileVersion>> Ledger::versions_of(const std::string& path) {
    std::vector<FileVersion> found;
    co_await on_store([&](store::DeliveryStore& store) { found = store.versions_of(flow_, path); });
    co_return found;
}

awaitable<std::vector<FileVersion>> Ledger::list(std::vector<catalog::VersionState> states, std::int64_t before) {
    std::vector<FileVersion> found;
    store::VersionQuery query;
    query.flow = flow_;
    query.states = std::move(states);
    query.before = before;
    query.limit = kPage;
    co_await on_store([&](store::DeliveryStore& store) { found = store.list(query); });
    co_return found;
}

awaitable<std::optional<FileVersion>> Ledger::same_content(const FileVersion& version) {
    std::optional<FileVersion> found;
    co_await on_store(
        [&](store::DeliveryStore& store) { found = store.same_content(flow_, version.hash, version.number); });
    co_return found;
}

awaitable<void> Ledger::put(FileVersion& version) {
    version.run = held_.run().id;
    version.changed_at = now();
    co_await held_.on_workspace()([&](service::Workspace& workspace) {
        auto& store = workspace.store();
        store.together([&] {
            held_.require_ours(workspace);
            store.deliveries().put(version);
        });
    });
}

awaitable<void> Ledger::put(FileVersion& version, const catalog::RunFile& file) {
    version.run = held_.run().id;
    version.changed_at = now();
    co_await held_.on_workspace()([&](service::Workspace& workspace) {
        auto& store = workspace.store();
        store.together([&] {
            store.runs().put_file(held_.run().id, held_.run().lease.fence, held_.recorded(file), now());
            store.deliveries().put(version);
        });
    });
}

awaitable<void> Ledger::tell(const catalog::Flow& flow, const service::Alert& alert) {
    const auto subject = service::alert_subject(catalog::resource_of(flow));
    co_await held_.on_workspace()(
        [&](service::Workspace& workspace) { service::alert(workspace.store(), subject.value(), alert); });
}

awaitable<void> Ledger::require_ours() {
    co_await held_.require_ours();
}

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace fairlead::flow
