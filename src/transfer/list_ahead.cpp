#include "transfer/list_ahead.hpp"

#include "base/path.hpp"
#include "transfer/attempts.hpp"
#include "transfer/failure.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::size_t kBatch = 512;
constexpr std::size_t kMostWaiting = 8192;  // entries, where the listing can be kept waiting

}  // namespace

ListAhead::ListAhead(boost::asio::any_io_executor executor, Sessions& sessions, std::string path,
                     bool compact, Event& changed)
    : sessions_(sessions), path_(std::move(path)), compact_(compact), changed_(changed) {
    task_.emplace(executor, run(), [this](std::exception_ptr thrown) {
        ended_ = true;
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const Error& error) {
            failure_ = error;
        } catch (const std::exception& error) {
            failure_ = Error(ErrorCode::internal, error.what());
        }
        changed_.notify_all();
    });
}

void ListAhead::begin_taking() {
    taking_ = true;
    changed_.notify_all();
}

awaitable<void> ListAhead::run() {
    const Patience patience{.retries = sessions_.place().retries};
    for (unsigned failures = 0, dead = 0;;) {
        const auto failure = co_await caught(attempt());
        if (!failure) co_return;
        // A place that never answered is for the user to look at, not for us to wait for.
        if (taken_ || !sessions_.reached()) throw Error(*failure);
        whole_.clear();
        small_.clear();
        waiting_ = left_out_ = 0;
        if (was_dead_ && ++dead <= kMostDeadSessions) continue;
        ++failures;
        if (failure->code == ErrorCode::server_busy) throw Error(*failure);  // that was waited out already
        co_await wait_or_throw(*failure, failures, patience, path_, {});
    }
}

awaitable<void> ListAhead::attempt() {
    was_dead_ = false;
    auto lease = co_await sessions_.take();
    const auto failure = co_await caught(read(lease));
    if (!failure) co_return;
    was_dead_ = lease.failed(*failure);
    throw Error(*failure);
}

awaitable<void> ListAhead::read(Sessions::Lease& lease) {
    places_ = lease.places();
    const auto listing = co_await lease.files().list(path_);
    for (;;) {
        auto batch = co_await listing->next();
        left_out_ = listing->left_out();
        if (batch.empty()) co_return;
        keep(std::move(batch));
        changed_.notify_all();
        const bool may_wait = places_ > 1 || (taking_ && !compact_);
        while (may_wait && waiting_ > kMostWaiting)
            co_await changed_.wait();
    }
}

void ListAhead::keep(std::vector<Entry> batch) {
    waiting_ += batch.size();
    if (!compact_ || places_ > 1) {
        whole_.push_back(std::move(batch));
        return;
    }
    for (auto& entry : batch)
        small_.push_back({std::move(entry.name), entry.size, entry.modified, entry.modified_precision,
                          entry.type, entry.mode,
                          entry.target ? std::make_unique<std::string>(std::move(*entry.target)) : nullptr});
}

std::vector<Entry> ListAhead::take() {
    std::vector<Entry> entries;
    if (!whole_.empty()) {
        entries = std::move(whole_.front());
        whole_.pop_front();
    }
    while (!small_.empty() && entries.size() < kBatch) {
        auto& item = small_.front();
        Entry entry;
        entry.path = path::join(path_, item.name);
        entry.name = std::move(item.name);
        entry.type = item.type;
        entry.size = item.size;
        entry.modified = item.modified;
        entry.modified_precision = item.precision;
        entry.mode = item.mode;
        if (item.target) entry.target = std::move(*item.target);
        entries.push_back(std::move(entry));
        small_.pop_front();
    }
    if (entries.empty()) return entries;
    taken_ = true;
    waiting_ -= entries.size();
    if (waiting_ + entries.size() > kMostWaiting && waiting_ <= kMostWaiting) changed_.notify_all();
    return entries;
}

}  // namespace fairlead::transfer
