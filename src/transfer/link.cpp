#include "transfer/link.hpp"

#include <fmt/format.h>

#include "transfer/failure.hpp"
#include "transfer/publish.hpp"

namespace fairlead::transfer {

awaitable<void> place_link(const Route& route, Staged& staged, const std::string& says,
                           const Options& options) {
    auto& target = route.target;
    if (!target.abilities().make_links)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("'{}' is a symbolic link, and the target cannot make links.", staged.job.source))
            .on(staged.job.source)
            .hinting("--links follow copies what it leads to, --links skip leaves it out");
    auto wanted = options;
    if (wanted.if_exists == IfExists::append) wanted.if_exists = IfExists::overwrite;
    const auto there = co_await try_stat(target, staged.job.target);
    if (there && there->type == EntryType::symlink && there->target == says) {
        staged.result.source = staged.job.source;
        staged.result.target = staged.job.target;
        staged.result.outcome = Outcome::skipped;
        staged.result.reason = "already there";
        co_return;
    }
    co_await foresee(route, staged, wanted);
    staged.result.bytes = 0;
    if (staged.result.outcome != Outcome::planned || options.dry_run) co_return;
    if (staged.plan.temporary.empty()) {
        co_await target.make_link(staged.plan.target, says);
    } else {
        co_await target.make_link(staged.plan.temporary, says);
        const auto failure = co_await caught(publish(target, staged.plan, staged.result.warnings));
        if (failure) {
            (void)co_await caught(target.remove(staged.plan.temporary));
            throw Error(*failure);
        }
    }
    staged.result.outcome = Outcome::linked;
    staged.result.reason.clear();
}

}  // namespace fairlead::transfer
