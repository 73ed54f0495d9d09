#include "flow/courier.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "flow/choice.hpp"
#include "flow/strays.hpp"
#include "transfer/failure.hpp"
#include "transfer/journal.hpp"
#include "transfer/leftover.hpp"
#include "transfer/names.hpp"

namespace fairlead::flow {
namespace {

using catalog::DeliveryState;

/// Passes the bytes on to the run.
class Moved final : public transfer::Progress {
  public:
    explicit Moved(service::HeldRun& held) : held_(held) {}
    void moved(std::uint64_t bytes) override { held_.moved(bytes); }

  private:
    service::HeldRun& held_;
};

/// The same name is the same place, also for another machine.
std::string name_of(const transfer::Sessions& place) {
    if (place.identity() != transfer::kLocalIdentity) return place.identity();
    char host[256] = "";
    (void)::gethostname(host, sizeof host - 1);
    return fmt::format("{} {}", transfer::kLocalIdentity, host);
}

}  // namespace

awaitable<void> Errand::write(std::function<void()> change, const catalog::RunFile* file) {
    while (writing_)
        co_await free_.wait();
    writing_ = true;
    change();
    std::optional<Error> failure;
    if (file != nullptr)
        failure = co_await transfer::caught(work.ledger.put(version, *file));
    else
        failure = co_await transfer::caught(work.ledger.put(version));
    writing_ = false;
    free_.notify_all();
    if (failure) throw Error(*failure);
}

Courier::Courier(Errand& errand, std::size_t number)
    : errand_(errand),
      work_(errand.work),
      target_(work_.flow.targets[number]),
      source_(work_.places.source),
      place_(work_.places.targets[number]),
      delivery_(*errand.version.find(target_.name)),
      file_(work_.begin_file(errand.version)),
      retrying_([this](const std::string& what, const Error& error, unsigned failures, std::chrono::milliseconds wait) {
          log_.failed(error);
          work_.retrying(what, error, failures, wait);
      }) {}

bool Courier::has_left_something() const {
    auto* const journal = work_.places.journal;
    if (delivery_.attempt || journal == nullptr) return delivery_.attempt.has_value();
    const auto left = journal->claim(place_.sessions->identity(), delivery_.path);
    for (const auto& each : left)
        journal->leave(each.number);
    return !left.empty();
}

void Courier::share(SharedReading& reading, std::size_t reader) {
    shared_ = &reading;
    reader_ = reader;
    sums_ = reading.sums();
}

SharedReading::SharedReading(boost::asio::any_io_executor executor, Errand& errand, std::size_t readers)
    : errand_(errand), fan_(executor, readers) {
    const auto& place = errand.work.places.source.sessions->place();
    for (std::size_t i = 0; i < readers; ++i) {
        auto open = [this, i]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_return as_read(errand_.plan, [this, i]() -> awaitable<std::unique_ptr<ReadStream>> { co_return fan_.join(i); });
        };
        seats_.push_back(std::make_unique<transfer::Sessions>(executor, open, 1, transfer::PlaceFacts{.identity = place.identity}));
    }
}

awaitable<void> SharedReading::run() {
    auto open = [this](FileSystem& files) { return open_reading(files, errand_.plan, sums_); };
    co_await fan_.run(*errand_.work.places.source.sessions, open);
}

awaitable<bool> Courier::run() {
    return count(perform());
}

awaitable<bool> Courier::look_back() {
    return count([](Courier& courier) -> awaitable<void> {
        courier.file_.target = courier.place_.label + courier.delivery_.path;
        courier.log_.step("look");
        const auto there = co_await courier.was_published();
        if (!there) co_await courier.drop_left();
        if (!there) throw Error(ErrorCode::not_found, "The source is not there any more.").on(courier.errand_.version.path);
        co_await courier.conclude_attempt();
    }(*this));
}

awaitable<bool> Courier::count(awaitable<void> work) {
    const auto failure = co_await transfer::caught(std::move(work));
    if (shared_ != nullptr) shared_->leave(reader_);
    if (failure && ends_the_run(*failure)) throw Error(*failure);
    if (failure) co_await record_failure(*failure);
    work_.count(file_);
    co_return !failure;
}

awaitable<void> Courier::perform() {
    file_.target = place_.label + delivery_.path;
    if (place_.lost) throw Error(*place_.lost);
    if (delivery_.attempt) {
        log_.step("look");
        const auto there = co_await was_published();
        if (there) co_return co_await conclude_attempt();
    }
    // What steps have made is not gone on with, and was not published: that would be written down.
    if (!errand_.plan->recipe.changes.empty()) co_await drop_left();
    if (target_.create_directories) {
        log_.step("directory");
        co_await make_directory(place_, work_.patience, std::string(path::parent(delivery_.path)));
    }
    if (vanished_.empty()) co_return co_await bring();
    co_await drop_strays();
    co_await bring();
    // A server that was busy may have made it late, for a session that is dead.
    const auto failure = co_await transfer::caught(drop_strays());
    if (failure && ends_the_run(*failure)) throw Error(*failure);
}

awaitable<void> Courier::drop_strays() {
    std::vector<std::string> known;
    if (auto* const journal = work_.places.journal)
        for (const auto& left : journal->claim(place_.sessions->identity(), delivery_.path)) {
            known.push_back(left.temporary);
            journal->leave(left.number);
        }
    const auto marks = co_await marks_of_earlier(work_, vanished_, errand_.version, target_.name);
    const auto directory = target_.staging_directory.empty() ? std::string(path::parent(delivery_.path))
                                                             : path::confine(target_.staging_directory);
    co_await remove_strays(work_, place_, directory, marks, known);
}

/// In as many attempts as patience allows. What was read together with others and failed is read alone after that.
awaitable<void> Courier::bring() {
    for (unsigned failures = 0;;) {
        std::optional<transfer::Staged> staged;
        const auto act = [&]() -> awaitable<void> {
            staged = co_await move();
            co_await delivered(std::move(*staged));
        };
        const auto failure = co_await transfer::caught(act());
        if (!failure) co_return;
        if (ends_the_run(*failure)) throw Error(*failure);
        log_.failed(*failure);
        if (delivery_.attempt) {
            log_.step("look");
            const auto there = co_await was_published();
            if (there) co_return co_await conclude_attempt();
        }
        const bool alone = shared_ == nullptr;
        if (auto* const reading = std::exchange(shared_, nullptr)) {
            reading->leave(reader_);
            sums_ = std::make_shared<Sums>();
            if (reading->let_down(reader_) && failure->retryable()) {
                retrying_(errand_.version.path, *failure, 1, std::chrono::milliseconds(0));
                continue;
            }
        }
        if (loses_place(*failure)) co_await find_lost(*failure);
        if (source_.lost || place_.lost || (alone && way() == Way::direct)) throw Error(*failure);
        ++failures;
        co_await transfer::wait_or_throw(*failure, failures, work_.patience, errand_.version.path, retrying_);
    }
}

/// Directly from server to server, which goes on where it broke off; through what reads it, with steps; or as one of several.
Courier::Way Courier::way() const {
    if (shared_ != nullptr) return Way::shared;
    const auto& recipe = errand_.plan->recipe;
    return recipe.changes.empty() && !recipe.sums_after(0) ? Way::direct : Way::through;
}

awaitable<transfer::Staged> Courier::move() {
    const auto plan = errand_.plan;
    const auto here = way();
    transfer::Job job;
    job.source = plan->facts.path;
    job.facts = here == Way::direct ? plan->facts : facts_of(*plan);
    job.target = delivery_.path;
    job.proves_itself = here != Way::direct;
    job.careful = here == Way::direct;
    auto& source = here == Way::shared ? shared_->seat(reader_) : *source_.sessions;
    transfer::Ways ways{source, *place_.sessions, work_.places.journal, work_.patience, retrying_, {}, {}, {}};
    ways.before_publishing = [this](const transfer::Staged& staged) { return note_attempt(staged); };
    ways.log = &log_;
    ways.not_published = [this] { return errand_.write([this] { delivery_.attempt.reset(); }); };
    if (here != Way::direct) ways.patience.retries = 0;
    if (here == Way::through)
        ways.seen_as = [plan, sums = sums_](FileSystem& files) {
            return as_read(plan, [&files, plan, sums] { return open_reading(files, plan, sums); });
        };
    const auto how = options();
    Moved progress(work_.ledger.held());
    bool unreachable = false;
    auto staged = co_await transfer::move_file(ways, std::move(job), how, true, true, &progress, unreachable);
    co_await make_durable(staged.result.target);
    co_return staged;
}

transfer::Options Courier::options() const {
    transfer::Options options;
    options.if_exists = transfer::parse_if_exists(target_.if_exists);
    if (!target_.staging_directory.empty()) options.staging_directory = path::confine(target_.staging_directory);
    // Nobody else's name, and known to whoever goes on with the run: see flow/strays.hpp.
    const auto& run = work_.ledger.held().run();
    options.temporary_extension = mark_of(run.id, run.lease.fence, errand_.version, target_.name) + ".fairlead";
    if (!target_.temporary_extension.empty()) {
        auto extension = target_.temporary_extension;
        if (extension.starts_with('.')) extension.erase(0, 1);
        const auto mark = options.temporary_extension.substr(0, options.temporary_extension.find('.'));
        options.temporary_extension = fmt::format("{}.{}.{}", transfer::unguessable(), mark, extension);
    }
    options.checksum = target_.checksum;
    options.preserve = target_.preserve || options.if_exists == transfer::IfExists::different;
    options.taken_at_once = true;
    options.resume = errand_.plan->recipe.changes.empty();
    if (way() == Way::direct) options.limits.add(source_.limit);
    options.limits.add(place_.limit);
    return options;
}

/// On this machine a name is only safe when its directory is.
awaitable<void> Courier::make_durable(const std::string& path) {
    auto lease = co_await place_.sessions->take();
    if (!lease.files().abilities().sync_together) co_return;
    log_.step("sync");
    std::vector<std::string> paths{path, std::string(path::parent(path))};
    const auto failure = co_await transfer::caught(lease.files().sync(std::move(paths)));
    if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);  // it may have been taken already
}

awaitable<void> Courier::delivered(transfer::Staged staged) {
    const auto& result = staged.result;
    auto beside = companions(result.target);
    if (!beside.empty()) log_.step("companions");
    co_await send_companions(work_, place_, result.target, std::move(beside));
    FAIRLEAD_FAULT_POINT("flow.published");
    file_.bytes = result.bytes;
    file_.resumed = result.resumed;
    file_.checksum = result.checksum;
    file_.warnings = result.warnings;
    if (result.outcome == transfer::Outcome::skipped)
        file_.warnings.push_back("Nothing was delivered: " + result.reason + ".");
    co_await record(transfer::to_string(result.outcome), result.target, transfer::to_string(result.proof));
    FAIRLEAD_FAULT_POINT("flow.recorded");
    transfer::conclude(work_.places.journal, staged);
}

std::vector<Companion> Courier::companions(const std::string& target) const {
    return companions_of(work_, errand_.version, errand_.plan->recipe, *sums_, target);
}

/// Together with the question whether the run is still ours.
awaitable<void> Courier::note_attempt(const transfer::Staged& staged) {
    if (staged.plan.temporary.empty()) co_return co_await work_.ledger.require_ours();
    catalog::PublishAttempt attempt;
    attempt.place = name_of(*place_.sessions);
    attempt.temporary = staged.plan.temporary;
    attempt.path = staged.plan.target;
    attempt.bytes = staged.result.bytes + staged.result.resumed;
    attempt.proof = transfer::to_string(staged.result.proof);
    attempt.checksum = staged.result.checksum;
    for (const auto& [name, content] : companions(attempt.path))
        attempt.beside.emplace_back(name, content);
    co_await errand_.write([&] { delivery_.attempt = std::move(attempt); });
    FAIRLEAD_FAULT_POINT("flow.publishing");
}

/// What is still under its temporary name was never published. Nobody gives it its name any more: either this machine's
/// journal knows it, and goes on with it, or it is removed.
awaitable<bool> Courier::was_published() {
    const auto attempt = *delivery_.attempt;
    const auto there = co_await look(place_, work_.patience, attempt.temporary);
    bool known = false;
    std::string aside;
    if (auto* const journal = work_.places.journal)
        for (const auto& left : journal->claim(place_.sessions->identity(), delivery_.path)) {
            const bool same = left.temporary == attempt.temporary;
            known = known || same;
            if (same) aside = left.aside;
            if (same && !there)
                journal->end(left.number);
            else
                journal->leave(left.number);
        }
    if (!there && !aside.empty()) co_await remove_at_target(aside);
    bool published = !there;
    if (published && attempt.place != name_of(*place_.sessions)) {  // it may never have been here: only what is seen counts
        const auto target = co_await look(place_, work_.patience, attempt.path);
        published = target && target->size == attempt.bytes;
    }
    if (published) co_return true;
    if (there && !known) co_await remove_at_target(attempt.temporary);
    co_await errand_.write([this] { delivery_.attempt.reset(); });
    co_return false;
}

awaitable<void> Courier::remove_at_target(std::string path) {
    std::function<awaitable<void>(FileSystem&)> use = [path](FileSystem& files) -> awaitable<void> {
        const auto failure = co_await transfer::caught(files.remove(path));
        if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);
    };
    co_await ask(place_, work_.patience, path, retrying_, use);
}

awaitable<void> Courier::drop_left() {
    auto* const journal = work_.places.journal;
    if (journal == nullptr) co_return;
    for (const auto& left : journal->claim(place_.sessions->identity(), delivery_.path)) {
        const auto number = left.number;
        if (left.source_path != errand_.version.path) {
            journal->leave(number);
            continue;
        }
        std::function<awaitable<void>(FileSystem&)> use = [journal, number](FileSystem& files) {
            return transfer::remove_left(files, *journal, number);
        };
        const auto failure = co_await transfer::caught(ask(place_, work_.patience, delivery_.path, retrying_, use));
        if (failure && ends_the_run(*failure)) throw Error(*failure);
    }
}

awaitable<void> Courier::conclude_attempt() {
    const auto attempt = *delivery_.attempt;
    const auto there = co_await look(place_, work_.patience, attempt.path);
    std::vector<Companion> beside;
    for (const auto& [name, content] : attempt.beside)
        beside.push_back({name, content});
    if (there)
        co_await send_companions(work_, place_, attempt.path, std::move(beside));
    else
        file_.warnings.push_back("It was taken from the target before this could be recorded.");
    file_.bytes = attempt.bytes;
    file_.checksum = attempt.checksum;
    co_await record("transferred", attempt.path, attempt.proof);
}

/// Which of the two places it is that cannot be used any more.
awaitable<void> Courier::find_lost(const Error& failure) {
    if (failure.code == ErrorCode::no_space || failure.code == ErrorCode::quota_exceeded) {
        place_.lost = failure;
        co_return;
    }
    std::function<awaitable<void>(FileSystem&)> use = [](FileSystem& files) { return files.ping(); };
    transfer::Patience once;
    (void)co_await transfer::caught(ask(source_, once, errand_.version.path, {}, use));
    if (!source_.lost) (void)co_await transfer::caught(ask(place_, once, delivery_.path, {}, use));
}

awaitable<void> Courier::record(std::string_view outcome, std::string path, std::string_view proof) {
    file_.outcome = outcome;
    file_.target = place_.label + path;
    file_.proof = proof;
    end_log();
    co_await errand_.write(
        [&] {
            delivery_.state = outcome == "skipped" ? DeliveryState::skipped : DeliveryState::delivered;
            delivery_.path = path;
            delivery_.bytes = file_.bytes + file_.resumed;
            delivery_.proof = proof;
            delivery_.checksum = file_.checksum;
            delivery_.error.reset();
            delivery_.attempt.reset();
            delivery_.at = now();
            delivery_.run = work_.ledger.held().run().id;
        },
        &file_);
}

void Courier::end_log() {
    log_.close(file_.error);
    file_.finished_at = now();
    file_.attempts = std::max<std::int64_t>(log_.attempts(), 1);
    file_.history = log_.history();
}

/// It stays "moving": what arrived of it is gone on with, and what may have been published is looked for.
awaitable<void> Courier::record_failure(const Error& error) {
    file_.outcome = "failed";
    file_.error = error;
    end_log();
    co_await errand_.write(
        [&] {
            delivery_.error = error;
            delivery_.run = work_.ledger.held().run().id;
        },
        &file_);
}

}  // namespace fairlead::flow
