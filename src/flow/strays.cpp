#include "flow/strays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/digest.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/run_store.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

constexpr std::int64_t kMostOwners = 16;  // the last ones; there are few
constexpr std::size_t kMarkLetters = 12;

}  // namespace

std::string mark_of(const std::string& run, std::int64_t fence, const catalog::FileVersion& version, const std::string& target) {
    Digest digest(ChecksumAlgorithm::sha256);
    const auto text = fmt::format("{}\n{}\n{}\n{}", run, fence, version.number, target);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish().substr(0, kMarkLetters);
}

std::string vanished_run(const catalog::FileVersion& version, const catalog::Delivery& delivery) {
    const bool open = delivery.state == catalog::DeliveryState::moving && delivery.run != version.run;
    return open ? version.run : std::string();
}

awaitable<std::vector<std::string>> marks_of_earlier(Work& work, std::string run, const catalog::FileVersion& version,
                                                     std::string target) {
    auto& held = work.ledger.held();
    auto newest = held.run().lease.fence - 1;
    if (run != held.run().id) {
        std::optional<catalog::Run> other;
        co_await held.on_workspace()(
            [&](service::Workspace& workspace) { other = service::Runs(workspace).store().find(run); });
        newest = other ? other->lease.fence : kMostOwners;
    }
    std::vector<std::string> marks;
    for (auto fence = newest; fence >= 0 && fence > newest - kMostOwners; --fence)
        marks.push_back(mark_of(run, fence, version, target));
    co_return marks;
}

awaitable<void> remove_strays(Work& work, Place& place, std::string directory, const std::vector<std::string>& marks,
                              const std::vector<std::string>& known) {
    std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
        std::vector<std::string> strays;
        const auto listing = co_await files.list(directory);
        for (auto batch = co_await listing->next(); !batch.empty(); batch = co_await listing->next())
            for (const auto& entry : batch) {
                const bool marked = std::ranges::any_of(
                    marks, [&](const auto& mark) { return entry.name.find("." + mark + ".") != std::string::npos; });
                if (marked && std::ranges::find(known, entry.path) == known.end()) strays.push_back(entry.path);
            }
        for (const auto& stray : strays) {
            const auto failure = co_await transfer::caught(files.remove(stray));
            if (failure && (!failure->session_usable || failure->code == ErrorCode::cancelled)) throw Error(*failure);
        }
    };
    const auto failure = co_await transfer::caught(ask(place, work.patience, directory, work.retrying, use));
    if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);
}

}  // namespace fairlead::flow
