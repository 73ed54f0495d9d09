#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "flow/choice.hpp"
#include "flow/content.hpp"
#include "flow/work.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/verify.hpp"

namespace fairlead::flow {
namespace {

using catalog::Delivery;
using catalog::DeliveryState;
using catalog::FileVersion;
using catalog::FlowTarget;

/// Passes the bytes on to the run.
class Moved final : public transfer::Progress {
  public:
    explicit Moved(service::HeldRun& held) : held_(held) {}
    void moved(std::uint64_t bytes) override { held_.moved(bytes); }

  private:
    service::HeldRun& held_;
};

transfer::Options options_of(const FlowTarget& target, const Place& source, const Place& place) {
    transfer::Options options;
    options.if_exists = transfer::parse_if_exists(target.if_exists);
    if (!target.staging_directory.empty()) options.staging_directory = path::confine(target.staging_directory);
    if (!target.temporary_extension.empty()) {
        auto extension = target.temporary_extension;
        if (extension.starts_with('.')) extension.erase(0, 1);
        options.temporary_extension = transfer::unguessable() + "." + extension;
    }
    options.checksum = target.checksum;
    options.preserve = target.preserve || options.if_exists == transfer::IfExists::different;
    options.limits.add(source.limit);
    options.limits.add(place.limit);
    return options;
}

/// One version on its way to one target.
class Courier {
  public:
    /// `doubtful`: an earlier run may have published it.
    Courier(Work& work, FileVersion& version, const Content& content, std::size_t number, bool doubtful)
        : work_(work),
          version_(version),
          content_(content),
          source_(*content.place),
          target_(work.flow.targets[number]),
          place_(work.places.targets[number]),
          delivery_(*version.find(target_.name)),
          file_(work.begin_file(version)),
          doubtful_(doubtful) {}

    /// Gives whether the target has it now.
    awaitable<bool> run() {
        transfer::Staged staged;
        const auto failure = co_await transfer::caught(perform(staged));
        if (failure && (failure->code == ErrorCode::cancelled || failure->code == ErrorCode::conflict))
            throw Error(*failure);
        if (failure) co_await record_failure(*failure);
        work_.count(file_);
        co_return !failure;
    }

  private:
    awaitable<void> perform(transfer::Staged& staged) {
        file_.target = place_.label + delivery_.path;
        if (place_.lost) throw Error(*place_.lost);
        if (doubtful_) {
            const auto there = co_await is_there();
            if (there) co_await send_companions(delivery_.path);
            if (there) co_return co_await record("transferred", delivery_.path, "checksum");
        }
        if (target_.create_directories)
            co_await make_directory(place_, work_.patience, std::string(path::parent(delivery_.path)));
        staged = co_await move(content_.facts.path, content_.facts, delivery_.path);
        co_await send_companions(staged.result.target);
        FAIRLEAD_FAULT_POINT("flow.published");
        const auto& result = staged.result;
        file_.bytes = result.bytes;
        file_.resumed = result.resumed;
        file_.checksum = result.checksum;
        file_.attempts = result.attempts;
        file_.warnings = result.warnings;
        if (result.outcome == transfer::Outcome::skipped)
            file_.warnings.push_back("Nothing was delivered: " + result.reason + ".");
        co_await record(transfer::to_string(result.outcome), result.target, transfer::to_string(result.proof));
        FAIRLEAD_FAULT_POINT("flow.recorded");
        transfer::conclude(work_.places.journal, staged);
    }

    /// Those that say something of the file come after it, and are replaced when it comes again.
    awaitable<void> send_companions(const std::string& target) {
        for (const auto& companion : content_.companions) {
            auto file = path::join(path::parent(target), companion.name);
            std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
                const auto temporary = transfer::temporary_path(file, {}, transfer::unguessable());
                const auto put = [&]() -> awaitable<void> {
                    auto stream = co_await files.open_write(temporary);
                    if (!companion.content.empty()) co_await stream->write(std::as_bytes(std::span(companion.content)));
                    co_await stream->finish();
                    stream.reset();
                    const auto there = co_await try_stat(files, file);
                    if (there && !files.abilities().atomic_replace) co_await files.remove(file);
                    co_await files.rename(temporary, file, true);
                };
                const auto failure = co_await transfer::caught(put());
                if (!failure) co_return;
                if (failure->session_usable) (void)co_await transfer::caught(files.remove(temporary));
                throw Error(*failure);
            };
            co_await ask(place_, work_.patience, file, work_.retrying, use);
        }
    }

    awaitable<transfer::Staged> move(std::string source, Entry facts, std::string target) {
        transfer::Job job;
        job.source = std::move(source);
        job.facts = std::move(facts);
        job.target = std::move(target);
        transfer::Ways ways{*source_.sessions, *place_.sessions, work_.places.journal, work_.patience,
                            work_.retrying, [this] { return work_.ledger.require_ours(); }};
        const auto options = options_of(target_, source_, place_);
        Moved progress(work_.ledger.held());
        bool unreachable = false;
        transfer::Staged staged;
        const auto step = [&]() -> awaitable<void> {
            staged = co_await transfer::move_file(ways, std::move(job), options, true, true, &progress, unreachable);
            co_await make_durable(staged.result.target);
        };
        const auto failure = co_await transfer::caught(step());
        if (!failure) co_return staged;
        if (loses_place(*failure)) co_await find_lost(*failure);
        throw Error(*failure);
    }

    /// Which of the two places it is that cannot be used any more.
    awaitable<void> find_lost(const Error& failure) {
        if (failure.code == ErrorCode::no_space || failure.code == ErrorCode::quota_exceeded) {
            place_.lost = failure;
            co_return;
        }
        std::function<awaitable<void>(FileSystem&)> use = [](FileSystem& files) { return files.ping(); };
        transfer::Patience once;
        (void)co_await transfer::caught(ask(source_, once, version_.path, {}, use));
        if (!source_.lost) (void)co_await transfer::caught(ask(place_, once, delivery_.path, {}, use));
    }

    /// On this machine a name is only safe when its directory is.
    awaitable<void> make_durable(const std::string& path) {
        auto lease = co_await place_.sessions->take();
        if (!lease.files().abilities().sync_together) co_return;
        std::vector<std::string> paths{path, std::string(path::parent(path))};
        co_await lease.files().sync(std::move(paths));
    }

    /// Whether what was begun before a crash had been published. Where this machine's journal knows of it, that
    /// tells more; this is for what another machine has begun. Only the same content counts.
    awaitable<bool> is_there() {
        if (target_.if_exists == "append" || target_.if_exists == "rename") co_return false;
        const auto there = co_await look(place_, work_.patience, delivery_.path);
        if (!there || there->type != EntryType::file || !there->size || there->size != content_.facts.size) co_return false;
        bool same = false;
        const auto compare = [&]() -> awaitable<void> {
            auto [from, to] = co_await transfer::Sessions::take_both(*source_.sessions, *place_.sessions);
            const auto algorithm = transfer::choose_checksum(from.files().abilities(), to.files().abilities());
            const auto here = co_await transfer::checksum_of(from.files(), content_.facts.path, algorithm);
            const auto at_target = co_await transfer::checksum_of(to.files(), delivery_.path, algorithm);
            same = here == at_target;
            file_.bytes = *content_.facts.size;
        };
        const auto failure = co_await transfer::caught(compare());
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        co_return same && !failure;
    }

    awaitable<void> record(std::string_view outcome, const std::string& path, std::string_view proof) {
        file_.outcome = outcome;
        file_.target = place_.label + path;
        file_.proof = proof;
        file_.finished_at = now();
        delivery_.state = outcome == "skipped" ? DeliveryState::skipped : DeliveryState::delivered;
        delivery_.path = path;
        delivery_.bytes = file_.bytes + file_.resumed;
        delivery_.proof = proof;
        delivery_.checksum = file_.checksum;
        delivery_.error.reset();
        delivery_.at = now();
        delivery_.run = work_.ledger.held().run().id;
        co_await work_.ledger.put(version_, file_);
    }

    /// It stays "moving": what arrived of it is gone on with, and what may have been published is looked for.
    awaitable<void> record_failure(const Error& error) {
        file_.outcome = "failed";
        file_.error = error;
        file_.finished_at = now();
        delivery_.error = error;
        delivery_.run = work_.ledger.held().run().id;
        co_await work_.ledger.put(version_, file_);
    }

    Work& work_;
    FileVersion& version_;
    const Content& content_;
    Place& source_;
    const FlowTarget& target_;
    Place& place_;
    Delivery& delivery_;
    catalog::RunFile file_;
    bool doubtful_;
};

std::string target_path(const Work& work, const FlowTarget& target, const FileVersion& version, const std::string& name) {
    auto whole = target.path;
    if (whole.empty() || whole.ends_with('/')) whole += "{directory}/{name}";
    auto named = version;  // as the steps call it
    named.path = path::join(path::parent(version.path), name);
    return path::confine(work.filled(whole, named));
}

bool has_it(const Delivery& delivery) {
    return delivery.state == DeliveryState::delivered || delivery.state == DeliveryState::skipped;
}

}  // namespace

awaitable<bool> deliver(Work& work, FileVersion& version, const Entry& entry) {
    const auto content = co_await content_of(work, version, entry);
    std::vector<std::size_t> doubtful;
    std::optional<Error> unnamed;
    for (std::size_t i = 0; i < work.flow.targets.size(); ++i) {
        const auto& target = work.flow.targets[i];
        if (version.find(target.name) == nullptr) version.deliveries.push_back({.target = target.name});
        auto& delivery = *version.find(target.name);
        if (has_it(delivery)) continue;
        if (delivery.state == DeliveryState::moving) doubtful.push_back(i);
        const auto failure = co_await transfer::caught([&]() -> awaitable<void> {
            if (delivery.path.empty()) delivery.path = target_path(work, target, version, content.name);
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
    bool everywhere = true;
    for (std::size_t i = 0; i < work.flow.targets.size(); ++i) {
        if (has_it(*version.find(work.flow.targets[i].name))) continue;
        Courier courier(work, version, content, i, std::ranges::find(doubtful, i) != doubtful.end());
        const auto there = co_await courier.run();
        everywhere = everywhere && there;
        if (work.places.source.lost) throw Error(*work.places.source.lost);
    }
    co_return everywhere;
}

}  // namespace fairlead::flow
