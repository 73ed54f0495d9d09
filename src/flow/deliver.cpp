#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <map>
#include <memory>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "base/run_together.hpp"
#include "flow/courier.hpp"
#include "flow/strays.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

using catalog::Delivery;
using catalog::DeliveryState;
using catalog::FileVersion;
using Couriers = std::vector<std::unique_ptr<Courier>>;

std::string target_path(const Work& work, const catalog::FlowTarget& target, const FileVersion& version, const std::string& name) {
    auto whole = target.path;
    if (whole.empty() || whole.ends_with('/')) whole += "{directory}/{name}";
    auto named = version;  // as the steps call it
    named.path = path::join(path::parent(version.path), name);
    return path::confine(work.filled(whole, named));
}

bool has_it(const Delivery& delivery) {
    return delivery.state == DeliveryState::delivered || delivery.state == DeliveryState::skipped;
}

std::shared_ptr<const ReadingPlan> plan_for(const Work& work, const FileVersion& version, const Entry& entry) {
    auto plan = std::make_shared<ReadingPlan>();
    plan->facts = entry;
    plan->recipe = recipe_for(work, version);
    plan->proves = std::ranges::any_of(work.flow.targets, &catalog::FlowTarget::checksum);
    plan->limits.add(work.places.source.limit);
    plan->gnupg_home = work.places.gnupg_home;
    plan->spool = work.places.spool;
    return plan;
}

/// By the target's name: the run that was bringing it there when its process vanished.
using Vanished = std::map<std::string, std::string>;

/// Names the version at each target that lacks it, and records that it is on its way.
awaitable<Vanished> begin(Work& work, FileVersion& version, const Recipe& recipe) {
    std::optional<Error> unnamed;
    Vanished vanished;
    for (const auto& target : work.flow.targets) {
        if (version.find(target.name) == nullptr) version.deliveries.push_back({.target = target.name});
        auto& delivery = *version.find(target.name);
        if (has_it(delivery)) continue;
        if (auto run = vanished_run(version, delivery); !run.empty()) vanished.emplace(target.name, std::move(run));
        const auto failure = co_await transfer::caught([&]() -> awaitable<void> {
            if (delivery.path.empty()) delivery.path = target_path(work, target, version, recipe.name);
            co_return;
        }());
        if (failure) unnamed = failure;
        delivery.state = DeliveryState::moving;
    }
    if (unnamed) throw Error(*unnamed);
    version.state = catalog::VersionState::open;
    version.reason.clear();
    co_await work.ledger.put(version);
    FAIRLEAD_FAULT_POINT("flow.begun");
    co_return vanished;
}

awaitable<void> run_one(Courier& courier, bool& everywhere) {
    const auto there = co_await courier.run();
    everywhere = everywhere && there;
}

/// One reading for all of them, which are under way side by side.
awaitable<bool> run_shared(Errand& errand, Couriers& couriers) {
    SharedReading reading(co_await boost::asio::this_coro::executor, errand, couriers.size());
    bool everywhere = true;
    std::vector<awaitable<void>> tasks;
    for (std::size_t i = 0; i < couriers.size(); ++i) {
        couriers[i]->share(reading, i);
        tasks.push_back(run_one(*couriers[i], everywhere));
    }
    tasks.push_back(reading.run());
    co_await run_together(std::move(tasks));
    co_return everywhere;
}

}  // namespace

awaitable<bool> look_back(Work& work, FileVersion& version) {
    const auto plan = plan_for(work, version, {});
    Errand errand(work, version, plan, co_await boost::asio::this_coro::executor);
    bool everywhere = !work.flow.targets.empty();
    for (std::size_t i = 0; i < work.flow.targets.size(); ++i) {
        const auto* delivery = version.find(work.flow.targets[i].name);
        if (delivery != nullptr && has_it(*delivery)) continue;
        if (delivery == nullptr) {
            everywhere = false;
            continue;
        }
        Courier courier(errand, i);
        bool there = false;
        if (delivery->attempt)
            there = co_await courier.look_back();
        else
            co_await courier.drop_left();
        everywhere = everywhere && there;
    }
    co_return everywhere;
}

awaitable<bool> deliver(Work& work, FileVersion& version, const Entry& entry) {
    const auto plan = plan_for(work, version, entry);
    const auto vanished = co_await begin(work, version, plan->recipe);
    Errand errand(work, version, plan, co_await boost::asio::this_coro::executor);
    Couriers together, alone;
    for (std::size_t i = 0; i < work.flow.targets.size(); ++i) {
        const auto& target = work.flow.targets[i];
        if (has_it(*version.find(target.name))) continue;
        auto courier = std::make_unique<Courier>(errand, i);
        if (const auto run = vanished.find(target.name); run != vanished.end()) courier->follow(run->second);
        const bool shares = work.flow.read_once && !work.places.targets[i].lost && !courier->has_left_something();
        (shares ? together : alone).push_back(std::move(courier));
    }
    if (together.size() == 1) {  // nobody to share with
        alone.push_back(std::move(together.front()));
        together.clear();
    }
    bool everywhere = true;
    if (!together.empty()) everywhere = co_await run_shared(errand, together);
    for (const auto& courier : alone) {
        if (work.places.source.lost) break;
        co_await run_one(*courier, everywhere);
    }
    if (work.places.source.lost) throw Error(*work.places.source.lost);
    co_return everywhere;
}

}  // namespace fairlead::flow
