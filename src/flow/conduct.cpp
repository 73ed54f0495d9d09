#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <set>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "base/queue.hpp"
#include "base/run_together.hpp"
#include "base/utf8.hpp"
#include "catalog/field_json.hpp"
#include "flow/choice.hpp"
#include "flow/search.hpp"
#include "flow/work.hpp"
#include "service/alerts.hpp"
#include "transfer/attempt_log.hpp"
#include "transfer/failure.hpp"
#include "transfer/journal.hpp"
#include "transfer/leftover.hpp"
#include "transfer/verify.hpp"

namespace fairlead::flow {
namespace {

namespace asio = boost::asio;
using catalog::FileVersion;
using catalog::VersionState;
using What = Choice::What;

struct Item {
    FileVersion version;
    Entry entry;
};

/// One run: what is left to be cleaned up, then what is found, over as many workers as the flow allows.
class Conduct {
  public:
    Conduct(Work& work, asio::any_io_executor executor)
        : work_(work), queue_(executor, 2), over_(executor) {}

    awaitable<void> run() {
        co_await work_.ledger.take(work_.request.waits);
        FAIRLEAD_FAULT_POINT("flow.taken");
        co_await tidy_up();
        co_await clean_pending();
        std::vector<awaitable<void>> tasks;
        tasks.push_back(find());
        for (std::int64_t i = 0; i < work_.flow.limits.parallel; ++i)
            tasks.push_back(deliver_items());
        tasks.push_back(hear_stop());
        if (work_.flow.limits.duration.count() > 0) tasks.push_back(keep_time());
        workers_ = work_.flow.limits.parallel;
        co_await run_together(std::move(tasks));
        if (complete_) co_await close_what_has_gone();
    }

  private:
    /// What processes that died left at the targets, as far as nobody will go on with it.
    awaitable<void> tidy_up() {
        auto* const journal = work_.places.journal;
        if (journal == nullptr) co_return;
        journal->look_around();
        auto& source = *work_.places.source.sessions;
        std::set<const transfer::Sessions*> seen;
        for (auto& place : work_.places.targets) {
            auto& target = *place.sessions;
            if (!seen.insert(&target).second || journal->left_at(target.identity()).empty()) continue;
            const auto act = [&]() -> awaitable<void> {
                auto [from, to] = co_await transfer::Sessions::take_both(source, target);
                const transfer::Route route{from.files(), to.files(), &source.place(), &target.place(), journal};
                const auto failure = co_await transfer::caught(transfer::sweep(route));
                if (!failure) co_return;
                if (!failure->session_usable) to.broken();
                throw Error(*failure);
            };
            const auto failure = co_await transfer::caught(act());  // not worth failing for
            if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        }
    }

    awaitable<void> clean_pending() {
        for (std::int64_t before = 0;;) {
            auto page = co_await work_.ledger.list({VersionState::delivered}, before);
            if (page.empty()) co_return;
            before = page.back().number;
            for (auto& version : page)
                if (wants(version.path)) co_await clean_alone(version);
        }
    }

    /// Of a version that earlier runs delivered.
    awaitable<void> clean_alone(FileVersion& version) {
        co_await clean_up(version, true);
        if (work_.places.source.lost) throw Error(*work_.places.source.lost);
    }

    /// Deals with the source, and records it as one of the run's files: where that failed, or is all that was done.
    awaitable<void> clean_up(FileVersion& version, bool alone = false) {
        transfer::AttemptLog log;
        log.step("clean-up");
        const auto began = now();
        const auto failure = co_await clean(work_, version);
        if (!failure && !alone) co_return;
        log.close(failure);
        auto file = work_.begin_file(version);
        file.started_at = began;
        file.outcome = failure ? "failed" : "cleaned";
        file.finished_at = now();
        file.history = log.history();
        if (failure) {
            file.error = *failure;
            file.error->message = "Delivered, but the clean-up is pending: " + failure->message;
        }
        co_await work_.ledger.held().put_file(file);
        work_.count(file);
    }

    bool wants(const std::string& path) const {
        return work_.request.only.empty() || work_.request.only == path;
    }

    awaitable<void> find() {
        const auto failure = co_await transfer::caught(find_all());
        queue_.close();
        if (failure) throw Error(*failure);
    }

    awaitable<void> find_all() {
        Search search(work_);
        complete_ = co_await search.run([this](Entry entry) { return meet(std::move(entry)); });
    }

    /// Gives whether more are wanted.
    awaitable<bool> meet(Entry entry) {
        const auto versions = co_await work_.ledger.versions_of(entry.path);
        auto choice = choose(versions, entry, work_.flow, now());
        if (choice.what == What::compare) co_await compare(choice, entry);
        if (choice.what == What::look) {
            const bool waits = choice.version.state == VersionState::waiting;
            co_await work_.ledger.put(choice.version);
            choice.what = waits ? What::wait : What::deliver;
        }
        if (choice.what == What::deliver) co_await look_for_marker(choice, entry);
        if (choice.what == What::clean) {
            co_return true;  // tried in this run already
        }
        if (choice.what != What::deliver) co_return true;
        const auto& limits = work_.flow.limits;
        const auto size = entry.size.value_or(0);
        if (limits.files && files_ >= *limits.files) co_return false;
        if (limits.bytes && files_ > 0 && bytes_ + size > *limits.bytes) co_return true;
        ++files_;
        bytes_ += size;
        co_return co_await queue_.push({std::move(choice.version), std::move(entry)});
    }

    /// Reads the file to see whether it is another one than the last time.
    awaitable<void> compare(Choice& choice, const Entry& entry) {
        std::string hash;
        std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
            hash = co_await transfer::checksum_of(files, entry.path, ChecksumAlgorithm::sha256);
        };
        co_await ask(work_.places.source, work_.patience, entry.path, work_.retrying, use);
        auto version = choice.version;
        if (hash == version.hash) {
            choice.what = What::nothing;
            if (catalog::is_version(version, entry)) co_return;
            version.modified = entry.modified;  // the same content with a new time
            version.precision = entry.modified_precision;
            co_return co_await work_.ledger.put(version);
        }
        choice = choose({}, entry, work_.flow, now());
    }

    awaitable<void> look_for_marker(Choice& choice, const Entry& entry) {
        const auto& marker = work_.flow.source.marker;
        if (marker.empty()) co_return;
        auto& version = choice.version;
        const auto path = path::join(path::parent(entry.path), work_.filled(marker, version));
        const auto there = co_await look(work_.places.source, work_.patience, path);
        if (there) co_return;
        choice.what = What::wait;
        version.state = VersionState::waiting;
        version.reason = fmt::format("its marker '{}' is missing", path::name(path));
        version.seen_at = now() - work_.flow.source.settle;
        co_await work_.ledger.put(version);
    }

    awaitable<void> deliver_items() {
        for (;;) {
            auto item = co_await queue_.pop();
            if (!item) break;
            co_await deliver_item(*item);
        }
        if (--workers_ == 0) {
            ended_ = true;
            over_.notify_all();
        }
    }

    awaitable<void> deliver_item(Item& item) {
        auto& version = item.version;
        bool everywhere = false;
        const auto act = [&]() -> awaitable<void> {
            if (work_.flow.source.content_hash && version.hash.empty()) co_await hash(item);
            everywhere = co_await deliver(work_, version, item.entry);
        };
        const auto failure = co_await transfer::caught(act());
        if (failure && (ends_the_run(*failure) || work_.places.source.lost))
            throw Error(*failure);
        if (failure) {
            co_await work_.report_problem(version.path, *failure);
            co_return co_await hold_against(work_, version, *failure);
        }
        if (everywhere) {
            co_await clean_up(version);
            co_return;
        }
        for (const auto& delivery : version.deliveries)
            if (delivery.error && (blames_file(*delivery.error) || &delivery == &version.deliveries.back()))
                co_return co_await hold_against(work_, version, *delivery.error);
    }

    awaitable<void> hash(Item& item) {
        std::function<awaitable<void>(FileSystem&)> use = [&](FileSystem& files) -> awaitable<void> {
            item.version.hash = co_await transfer::checksum_of(files, item.entry.path, ChecksumAlgorithm::sha256);
        };
        co_await ask(work_.places.source, work_.patience, item.entry.path, work_.retrying, use);
        if (work_.flow.unique_content) co_await tell_of_double(item.version);
    }

    awaitable<void> tell_of_double(const FileVersion& version) {
        const auto same = co_await work_.ledger.same_content(version);
        if (!same) co_return;
        const auto message = fmt::format("'{}' has the same content as '{}', which the flow '{}' delivered before.", to_valid_utf8(version.path),
                                         to_valid_utf8(same->path), work_.flow.name);
        co_await work_.ledger.tell(work_.flow, {"fairlead.flow.duplicate", fmt::format("double {}", version.number), now(),
                                                {{"path", to_valid_utf8(version.path)}, {"message", message}}});
    }

    /// What runs on another thread is not reached by a cancellation.
    awaitable<void> hear_stop() {
        const auto wait = [this]() -> awaitable<void> {
            while (!ended_)
                co_await over_.wait();
        };
        const auto stopped = co_await transfer::caught(wait());
        if (!stopped) co_return;
        work_.stopped = true;
        throw Error(*stopped);
    }

    awaitable<void> keep_time() {
        asio::steady_timer timer(co_await asio::this_coro::executor, work_.flow.limits.duration);
        while (!ended_ && timer.expiry() > std::chrono::steady_clock::now()) {
            asio::steady_timer look(timer.get_executor(),
                                    std::min<std::chrono::steady_clock::duration>(
                                        std::chrono::milliseconds(200), timer.expiry() - std::chrono::steady_clock::now()));
            co_await look.async_wait(asio::use_awaitable);
        }
        if (ended_) co_return;
        throw Error(ErrorCode::timeout, fmt::format("The run took longer than {}.",
                                                    catalog::exact_duration(work_.flow.limits.duration)))
            .at("run")
            .hinting("the next run goes on where this one was; limits.duration says how long a run may take");
    }

    /// Files that were to be delivered, and are not there any more.
    awaitable<void> close_what_has_gone() {
        for (std::int64_t before = 0;;) {
            auto page = co_await work_.ledger.list({VersionState::open, VersionState::waiting}, before);
            if (page.empty()) co_return;
            before = page.back().number;
            for (auto& version : page) {
                if (version.run == work_.ledger.held().run().id || !wants(version.path)) continue;
                const auto there = co_await look(work_.places.source, work_.patience, version.path);
                if (there && catalog::is_version(version, *there)) continue;
                const auto everywhere = co_await look_back(work_, version);
                if (everywhere) {
                    co_await clean_up(version);
                    continue;
                }
                version.state = VersionState::given_up;
                version.reason = "is not there any more";
                co_await work_.ledger.put(version);
            }
        }
    }

    Work& work_;
    Queue<Item> queue_;
    Event over_;
    std::int64_t workers_ = 0;
    bool ended_ = false;
    bool complete_ = false;
    std::uint64_t files_ = 0, bytes_ = 0;
};

}  // namespace

awaitable<service::RunEnd> conduct(service::HeldRun& held, Request request, Places places, Listener& listener) {
    Work work(request, places, held, listener);
    Conduct conducted(work, co_await asio::this_coro::executor);
    const auto failure = co_await transfer::caught(conducted.run());
    if (failure) throw Error(*failure);
    service::RunEnd end;
    end.error = work.first_failure;
    if (work.failed > 0)
        end.state = work.succeeded > 0 ? catalog::RunState::partial : catalog::RunState::failed;
    co_return end;
}

}  // namespace fairlead::flow
