#include "monitor/look.hpp"

#include <algorithm>
#include <list>

#include "base/path.hpp"
#include "monitor/watcher.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"
#include "transfer/walk.hpp"

namespace fairlead::monitor {
namespace {

constexpr std::uint64_t kFew = 500;  // entries: a look that found no more writes all in one transaction

class Look {
  public:
    Look(transfer::Sessions& sessions, Scene scene, std::span<const Watched> watched, LookSettings settings)
        : sessions_(sessions), scene_(std::move(scene)), settings_(std::move(settings)) {
        for (const auto& one : watched)
            all_.emplace_back(one, scene_.path, settings_.now);
    }

    awaitable<std::vector<LookResult>> run() {
        co_await in_one([this](store::Store& store) {
            looking_.clear();
            std::size_t index = 0;
            for (auto& one : all_) {
                one.begin(store, settings_, settings_.due_by ? settings_.due_by(index) : std::nullopt);
                ++index;
                if (one.looks()) looking_.push_back(&one);
            }
        });
        for (auto* one : looking_)
            if (settings_.began) settings_.began(one->monitor(), one->result().look);
        if (!looking_.empty()) co_await look();
        std::vector<LookResult> results;
        for (auto& one : all_)
            results.push_back(std::move(one.result()));
        co_return results;
    }

  private:
    awaitable<void> look() {
        const auto failure = co_await transfer::caught(see_everything());
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        for (auto* one : looking_)
            if (failure) one->result().failure = failure;
        // A few files are recorded, concluded about and done with in one transaction: most looks are such.
        const bool few = std::ranges::all_of(looking_, [](auto* one) { return one->result().seen <= kFew; });
        const auto finish = [this](store::Store& store) {
            for (auto* watcher : looking_) {
                auto& one = *watcher;
                if (one.was_overtaken(store)) {
                    one.result().failure = Error(ErrorCode::conflict, "Another look has begun meanwhile.");
                    continue;
                }
                if (missing_) one.conclude_missing(store);
                one.save(store);
                one.conclude(store);
                one.end(store, settings_.next ? settings_.next(index_of(one), one.result()) : settings_.now());
            }
        };
        if (few)
            co_await in_one(finish);
        else
            co_await settings_.with_store(finish);
        for (auto* one : looking_)
            one->clear_batch();
    }

    std::size_t index_of(const Watcher& one) const {
        std::size_t index = 0;
        for (const auto& other : all_) {
            if (&other == &one) break;
            ++index;
        }
        return index;
    }

    awaitable<void> in_one(std::function<void(store::Store&)> work) {
        co_await settings_.with_store([&](store::Store& store) { store.together([&] { work(store); }); });
    }

    awaitable<void> see_everything() {
        std::optional<Entry> itself;
        co_await find_itself(itself);
        if (!itself) {
            missing_ = true;
        } else if (itself->type == EntryType::file || itself->type == EntryType::other) {
            for (auto* one : looking_)
                one->take_itself(*itself);
        } else {
            co_await walk_directory();
        }
    }

    awaitable<void> find_itself(std::optional<Entry>& itself) {
        auto lease = co_await sessions_.take();
        for (auto* one : looking_)
            one->result().began = settings_.now();
        if (scene_.path == "/")  // it is there, and not every server tells its facts
            itself.emplace().type = EntryType::directory;
        else
            itself = co_await try_stat(lease.files(), scene_.path);
        const bool mode_counts = std::ranges::any_of(looking_, [](auto* one) { return one->rules().mode; });
        if (mode_counts && itself && itself->type == EntryType::file && !itself->mode)
            itself->mode = co_await listed_mode(lease.files());
    }

    /// Of the file that is watched, where only listings tell modes (FTP without MLST).
    awaitable<std::optional<std::uint32_t>> listed_mode(FileSystem& files) {
        const auto listing = co_await files.list(path::parent(scene_.path));
        std::optional<std::uint32_t> mode;
        for (auto page = co_await listing->next(); !page.empty(); page = co_await listing->next())
            for (const auto& entry : page)
                if (entry.name == path::name(scene_.path)) mode = entry.mode;
        co_return mode;
    }

    awaitable<void> walk_directory() {
        transfer::WalkOptions options;
        options.depth = scene_.depth;
        if (looking_.size() == 1) options.filter = &looking_.front()->filter();
        std::function<awaitable<void>(transfer::Found)> visit =
            [this](transfer::Found found) -> awaitable<void> {
            for (auto* one : looking_) {
                one->take(found.entry, found.relative);
                if (!one->batch_is_full()) continue;
                std::function<void(store::Store&)> save = [one](store::Store& store) { one->save(store); };
                co_await settings_.with_store(std::move(save));
                one->clear_batch();
            }
        };
        std::function<void(const std::string&, const Error&)> problem = [this](const std::string& path,
                                                                               const Error& error) {
            auto told = error;
            if (told.path.empty()) told.path = path;
            for (auto* one : looking_)
                one->add_problem(told);
        };
        co_await transfer::walk(sessions_, scene_.path, options, visit, problem);
    }

    transfer::Sessions& sessions_;
    Scene scene_;
    LookSettings settings_;
    std::list<Watcher> all_;
    std::vector<Watcher*> looking_;
    bool missing_ = false;
};

}  // namespace

awaitable<std::vector<LookResult>> look(transfer::Sessions& sessions, Scene scene,
                                        std::span<const Watched> watched, LookSettings settings) {
    Look look(sessions, std::move(scene), watched, std::move(settings));
    co_return co_await look.run();
}

}  // namespace fairlead::monitor
