#include "transfer/publish.hpp"

#include <fmt/format.h>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

/// For servers whose rename does not replace.
awaitable<void> exchange(FileSystem& files, const TransferPlan& plan, std::vector<std::string>& warnings,
                         const std::function<void(const std::string&)>& moving_aside) {
    Options beside;  // the old file keeps to its own directory, wherever the new one was staged
    const auto aside = temporary_path(plan.target, beside, unguessable() + ".old");
    if (moving_aside) moving_aside(aside);
    FAIRLEAD_FAULT_POINT("publish.before_aside");
    co_await files.rename(plan.target, aside, false);
    FAIRLEAD_FAULT_POINT("publish.after_aside");
    auto failure = co_await caught(files.rename(plan.temporary, plan.target, false));
    if (failure) {
        const auto not_put_back = co_await caught(files.rename(aside, plan.target, false));
        if (not_put_back)
            failure->hint =
                fmt::format("the old file is whole, but is now called '{}'; rename it back", aside);
        throw Error(*failure);
    }
    FAIRLEAD_FAULT_POINT("publish.before_removing_aside");
    const auto left = co_await caught(files.remove(aside));
    FAIRLEAD_FAULT_POINT("publish.after_removing_aside");
    if (left)
        warnings.push_back(fmt::format("The replaced file stays behind as '{}': {}", aside, left->message));
}

}  // namespace

awaitable<void> publish(FileSystem& files, const TransferPlan& plan, std::vector<std::string>& warnings,
                        std::function<void(const std::string&)> moving_aside) {
    FAIRLEAD_FAULT_POINT("publish.before_rename");
    const auto failure = co_await caught(files.rename(plan.temporary, plan.target, plan.replace));
    FAIRLEAD_FAULT_POINT("publish.after_rename");
    if (!failure) co_return;
    const bool in_the_way = failure->code == ErrorCode::already_exists && plan.replace;
    if (!in_the_way || !failure->session_usable) throw Error(*failure);
    const auto there = co_await try_stat(files, plan.target);
    if (!there || there->type == EntryType::directory) throw Error(*failure);
    co_await exchange(files, plan, warnings, moving_aside);
}

}  // namespace fairlead::transfer
