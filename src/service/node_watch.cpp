#include "service/node_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "base/process_identity.hpp"
#include "catalog/run.hpp"
#include "fairlead/error.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "store/run_store.hpp"
#include "store/setting_store.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using namespace std::chrono_literals;
using catalog::Run;
using catalog::RunState;

std::string setting_of(std::string_view node) {
    return fmt::format("node_seen:{}", node);
}

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::optional<Time> seen(store::SettingStore& settings, std::string_view node) {
    const auto text = settings.get(setting_of(node)).value_or("");
    std::int64_t milliseconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return Time(std::chrono::milliseconds(milliseconds));
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
        workspace.store().settings().set(setting_of(node_of(workspace)), std::to_string(now().time_since_epoch().count()));
        next_sign_ = time + std::min<std::chrono::milliseconds>(patience_ / 4, 30s);
    }
    if (time < next_search_) return 0;
    next_search_ = time + std::min<std::chrono::milliseconds>(patience_ / 4, 1min);
    return end_lost(workspace);
}

unsigned NodeWatch::end_lost(Workspace& workspace) const {
    Runs runs(workspace);
    store::RunQuery query;
    query.states = {RunState::queued};
    query.not_on = node_of(workspace);
    std::map<std::string, std::optional<Time>> last;
    unsigned ended = 0;
    for (;;) {
        const auto waiting = runs.store().list(query);
        for (const auto& run : waiting) {
            if (!last.contains(run.node)) last[run.node] = seen(workspace.store().settings(), run.node);
            const auto heard = last[run.node];
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
