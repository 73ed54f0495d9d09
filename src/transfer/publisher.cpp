#include "transfer/publisher.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMostFiles = 512;
constexpr std::uint64_t kMostBytes = 64 * 1024 * 1024;
constexpr std::chrono::seconds kMostAge(1);

}  // namespace

Publisher::Publisher(asio::any_io_executor executor, Sessions& target, Journal* journal, bool durable,
                     Listener listener)
    : executor_(executor),
      target_(target),
      journal_(journal),
      durable_(durable),
      listener_(std::move(listener)),
      changed_(executor) {}

Publisher::~Publisher() = default;

awaitable<void> Publisher::add(Staged staged) {
    if (gathered_.empty()) oldest_ = std::chrono::steady_clock::now();
    gathered_bytes_ += staged.result.bytes;
    gathered_.push_back(std::move(staged));
    start_if_due(false);
    while (running_ && (gathered_.size() >= 2 * kMostFiles || gathered_bytes_ >= 2 * kMostBytes))
        co_await changed_.wait();
}

void Publisher::start_if_due(bool now) {
    const bool due = now || gathered_.size() >= kMostFiles || gathered_bytes_ >= kMostBytes ||
                     std::chrono::steady_clock::now() - oldest_ >= kMostAge;
    if (running_ || gathered_.empty() || !due) return;
    running_ = true;
    asio::co_spawn(executor_, run(), asio::detached);
}

awaitable<void> Publisher::finish() {
    finishing_ = true;
    start_if_due(true);
    while (running_ || !gathered_.empty()) {
        start_if_due(true);
        (void)co_await caught(changed_.wait());
    }
}

awaitable<void> Publisher::run() {
    auto batch = std::move(gathered_);
    gathered_.clear();
    gathered_bytes_ = 0;
    const auto failure = co_await caught(publish_batch(batch));
    if (failure)
        for (auto& staged : batch)
            listener_.failed(staged, *failure);
    running_ = false;
    changed_.notify_all();
    start_if_due(finishing_);
}

awaitable<void> Publisher::publish_batch(std::deque<Staged>& batch) {
    auto lease = co_await target_.take();
    auto& files = lease.files();
    const Route route{files, files, nullptr, &target_.place(), journal_};
    std::vector<std::string> written;
    for (const auto& staged : batch)
        written.push_back(staged.plan.temporary.empty() ? staged.plan.target : staged.plan.temporary);
    std::optional<Error> failure;
    FAIRLEAD_FAULT_POINT("publisher.before_sync");
    if (durable_) failure = co_await caught(files.sync(std::move(written)));
    FAIRLEAD_FAULT_POINT("publisher.after_sync");
    if (failure) {
        for (auto& staged : batch)
            (void)co_await caught(discard(route, staged));
        throw Error(*failure);
    }
    std::set<std::string> directories;
    std::deque<Staged> published;
    while (!batch.empty()) {
        auto staged = std::move(batch.front());
        batch.pop_front();
        failure = co_await caught(publish_staged(route, staged));
        if (failure) {
            listener_.failed(staged, *failure);
            continue;
        }
        directories.emplace(path::parent(staged.plan.target));
        published.push_back(std::move(staged));
    }
    batch = std::move(published);  // should the names not become durable, these are the ones that failed
    FAIRLEAD_FAULT_POINT("publisher.before_sync_of_names");
    if (durable_) co_await files.sync(std::vector<std::string>(directories.begin(), directories.end()));
    FAIRLEAD_FAULT_POINT("publisher.after_sync_of_names");
    while (!batch.empty()) {
        auto staged = std::move(batch.front());
        batch.pop_front();
        co_await listener_.published(staged);
    }
}

}  // namespace fairlead::transfer
