#include "flow/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/blocking.hpp"
#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "flow/choice.hpp"
#include "flow/transform.hpp"
#include "transfer/failure.hpp"
#include "transfer/verify.hpp"

namespace fairlead::flow {
namespace {

namespace fs = std::filesystem;

/// Where the copy of a version lies: `in` is the source; below a folder for each revision of the flow, whose steps may be
/// others, `1`, `2` and so on are what the steps made of it.
fs::path folder_of(const Work& work, const catalog::FileVersion& version) {
    return fs::path(work.places.spool) / work.flow.record.id / std::to_string(version.number);
}

class Moved final : public transfer::Progress {
  public:
    explicit Moved(service::HeldRun& held) : held_(held) {}
    void moved(std::uint64_t bytes) override { held_.moved(bytes); }

  private:
    service::HeldRun& held_;
};

/// Reads the source, unless an earlier run has.
awaitable<void> fetch(Work& work, const catalog::FileVersion& version, const Entry& entry, const std::string& to) {
    if (fs::exists(to)) co_return;
    transfer::Job job;
    job.source = version.path;
    job.facts = entry;
    job.target = to;
    transfer::Ways ways{*work.places.source.sessions, *work.places.local.sessions, work.places.journal, work.patience,
                        work.retrying, {}};
    transfer::Options options;
    options.limits.add(work.places.source.limit);
    Moved progress(work.ledger.held());
    bool unreachable = false;
    std::optional<transfer::Staged> staged;
    const auto step = [&]() -> awaitable<void> {
        staged = co_await transfer::move_file(ways, std::move(job), options, true, true, &progress, unreachable);
    };
    const auto failure = co_await transfer::caught(step());
    if (failure && (unreachable || loses_place(*failure)) && failure->code != ErrorCode::no_space)
        work.places.source.lost = *failure;
    if (failure) throw Error(*failure);
    transfer::conclude(work.places.journal, *staged);
    FAIRLEAD_FAULT_POINT("flow.fetched");
}

/// Does one step under a name of its own first: what bears the step's number is whole.
awaitable<void> do_step(Work& work, const catalog::FlowStep& step, Transformation file) {
    if (fs::exists(file.to)) co_return;
    const auto final = file.to;
    file.to += ".part";
    const std::function<bool()> may_go_on = [&work] { return !work.stopped.load(); };
    co_await run_blocking([&] {
        transform(file, step, may_go_on);
        fs::rename(file.to, final);
    });
    FAIRLEAD_FAULT_POINT("flow.step_done");
}

std::string filled_for(const Work& work, const catalog::FileVersion& version, std::string_view text, const std::string& name) {
    auto renamed = version;
    renamed.path = path::join(path::parent(version.path), name);
    return work.filled(text, renamed);
}

awaitable<std::string> sum_of(Work& work, const std::string& file) {
    auto lease = co_await work.places.local.sessions->take();
    co_return co_await transfer::checksum_of(lease.files(), file, ChecksumAlgorithm::sha256);
}

}  // namespace

bool uses_copy(const catalog::Flow& flow) noexcept {
    return flow.read_once || !flow.steps.empty();
}

awaitable<Content> content_of(Work& work, const catalog::FileVersion& version, const Entry& entry) {
    Content content{&work.places.source, entry, std::string(path::name(version.path)), {}};
    if (!uses_copy(work.flow)) co_return content;
    auto file = (folder_of(work, version) / "in").string();
    const auto folder = folder_of(work, version) / std::to_string(work.flow.record.revision);
    fs::create_directories(folder);
    co_await fetch(work, version, entry, file);
    int number = 0;
    for (const auto& step : work.flow.steps) {
        ++number;
        if (changes_content(step)) {
            const auto made = (folder / std::to_string(number)).string();
            co_await do_step(work, step, {file, made, content.name, work.places.gnupg_home});
            content.name = name_after(content.name, step);
            file = made;
        } else if (step.action == "rename") {
            content.name = filled_for(work, version, step.name, content.name);
        } else {
            const bool marker = step.action == "marker";
            const auto name = step.name.empty() ? (marker ? "{name}.done" : "{name}.sha256") : step.name;
            content.companions.push_back({filled_for(work, version, name, content.name), ""});
            if (marker) continue;
            const auto sum = co_await sum_of(work, file);
            content.companions.back().content = fmt::format("{}  {}\n", sum, content.name);
        }
    }
    content.place = &work.places.local;
    auto lease = co_await work.places.local.sessions->take();
    content.facts = co_await lease.files().stat(file);
    content.facts.path = file;
    co_return content;
}

void drop_copy(const Work& work, const catalog::FileVersion& version) {
    if (!uses_copy(work.flow) || version.number == 0) return;
    std::error_code ignored;
    fs::remove_all(folder_of(work, version), ignored);
}

}  // namespace fairlead::flow
