#include "service/node_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/process_identity.hpp"
#include "catalog/run.hpp"
#include "fairlead/error.hpp"
#include "service/runs.hpp"
#include "service/version.hpp"
#include "service/workspace.hpp"
#include "store/run_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using namespace std::chrono_literals;
using catalog::Run;
using catalog::RunState;

constexpr auto kSign = 15s;  // so often a node is heard of
constexpr std::chrono::days kForget(30);

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// When each node was last heard of.
std::map<std::string, Time> last_signs(store::NodeStore& nodes) {
    std::map<std::string, Time> signs;
    for (const auto& node : nodes.list()) {
        auto& sign = signs[node.name];
        sign = std::max(sign, node.seen);
    }
    return signs;
}

Error lost(const Run& run, std::optional<Time> last) {
    return Error(ErrorCode::host_unreachable,
                 fmt::format("The documents of the run lie on the node {}, of which nothing has been heard {}.", run.node,
                             last ? "since " + to_rfc3339(*last) : "ever"))
        .hinting("start the daemon there again and retry the run, or send the documents again");
}

}  // namespace

unsigned NodeWatch::look(Workspace& workspace) {
    const auto time = std::chrono::steady_clock::now();
    if (time >= next_sign_) {
        sign(workspace);
        next_sign_ = time + std::min<std::chrono::milliseconds>(patience_ / 4, kSign);
    }
    if (time < next_search_) return 0;
    next_search_ = time + std::min<std::chrono::milliseconds>(patience_ / 4, 1min);
    return end_lost(workspace);
}

void NodeWatch::sign(Workspace& workspace) {
    auto& nodes = workspace.store().nodes();
    if (self_.process.empty()) {
        self_ = {node_of(workspace), process_identity(), std::string(version()), now(), {}};
        // Those before it in this data directory, and others that are long forgotten; for the rest runs may wait.
        for (const auto& node : nodes.list())
            if ((node.name == self_.name && liveness_of(node.process) == Liveness::dead) ||
                self_.since - node.seen > std::max<std::chrono::milliseconds>(kForget, patience_ * 2))
                nodes.remove(node.process);
    }
    self_.seen = now();
    nodes.put(self_);
}

unsigned NodeWatch::end_lost(Workspace& workspace) const {
    Runs runs(workspace);
    store::RunQuery query;
    query.states = {RunState::queued};
    query.not_on = node_of(workspace);
    const auto signs = last_signs(workspace.store().nodes());
    unsigned ended = 0;
    for (;;) {
        const auto waiting = runs.store().list(query);
        for (const auto& run : waiting) {
            const auto found = signs.find(run.node);
            const auto heard = found == signs.end() ? std::nullopt : std::optional(found->second);
            const auto at = now();
            if (at - std::max(heard.value_or(Time{}), run.created_at) < patience_) continue;
            const auto claimed = runs.store().claim(run.id, process_identity(), at, at + 1min);
            if (!claimed) continue;  // it has come back
            runs.store().finish(run.id, claimed->lease.fence, RunState::failed, lost(run, heard), at);
            ++ended;
        }
        if (waiting.size() < query.limit) return ended;
        query.before = waiting.back().id;
    }
}

}  // namespace fairlead::service
