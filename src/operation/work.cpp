#include "operation/work.hpp"

#include <algorithm>

#include "base/local_time.hpp"
#include "base/path.hpp"
#include "base/unreachable.hpp"
#include "base/utf8.hpp"
#include "service/patience.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/persist.hpp"

namespace fairlead::operation {
namespace {

constexpr unsigned kInterruptions = 6;  // that one file that is read survives

}  // namespace

/// Passes the bytes on to the listener.
class Work::Moved final : public transfer::Progress {
  public:
    explicit Moved(Listener& listener) : listener_(listener) {}
    void moved(std::uint64_t bytes) override { listener_.moved(bytes); }

  private:
    Listener& listener_;
};

Work::Work(const Request& request_, transfer::Sessions& remote_, transfer::Sessions& local_,
           transfer::Journal* journal, Listener& listener_)
    : request(request_), remote(remote_), local(local_), listener(listener_), journal_(journal) {
    remote.set_patience(patience());
}

transfer::Patience Work::patience() const {
    const auto& operation = request.operation;
    const auto usual = catalog::gives_content(operation.action) ? std::max(kInterruptions, remote.place().retries)
                                                                : remote.place().retries;
    return service::patience_of(operation.retry, operation.retries.value_or(usual));
}

transfer::Ways Work::ways(bool upload) {
    transfer::Ways ways{upload ? local : remote, upload ? remote : local, journal_, patience(), {},
                        [this](const transfer::Staged&) { return listener.require_ours(); }};
    ways.log = &log;
    ways.retrying = [this](const std::string& what, const Error& error, unsigned failures,
                           std::chrono::milliseconds wait) {
        log.failed(error);
        listener.retrying(what, error, failures, wait);
    };
    return ways;
}

awaitable<void> Work::ask(std::string what, std::function<awaitable<void>(FileSystem&, bool)> use,
                          transfer::AttemptLog* heard) {
    bool doubtful = false;
    std::function<awaitable<void>(FileSystem&)> once = [&](FileSystem& files) -> awaitable<void> {
        const auto failure = co_await transfer::caught(use(files, doubtful));
        if (!failure) co_return;
        doubtful = doubtful || !failure->session_usable;
        throw Error(*failure);
    };
    const auto failure = co_await transfer::caught(
        transfer::persistently(remote, patience(), std::move(what), ways(true).retrying, once, heard));
    if (!failure) co_return;
    if (is_unreachable(*failure)) lost = *failure;
    throw Error(*failure);
}

awaitable<std::optional<Entry>> Work::look(std::string path) {
    std::optional<Entry> entry;
    co_await ask(path, [&](FileSystem& files, bool) -> awaitable<void> { entry = co_await try_stat(files, path); });
    co_return entry;
}

awaitable<void> Work::make_directory(std::string path) {
    if (path == "/" || path.empty()) co_return;
    const auto there = co_await look(path);
    if (there) co_return;
    co_await make_directory(std::string(path::parent(path)));
    co_await ask(path, [&](FileSystem& files, bool) -> awaitable<void> {
        const auto failure = co_await transfer::caught(files.make_directory(path));
        if (failure && failure->code != ErrorCode::already_exists) {
            // Somebody may have been faster, and servers say so in many ways.
            if (!failure->session_usable) throw Error(*failure);
            const auto made = co_await try_stat(files, path);
            if (!made) throw Error(*failure);
        }
    });
}

awaitable<transfer::Staged> Work::move(bool upload, transfer::Job job, const transfer::Options& options,
                                       bool durable) {
    Moved progress(listener);
    bool unreachable = false;
    transfer::Staged staged;
    const auto ways_there = ways(upload);
    const auto step = [&]() -> awaitable<void> {
        staged = co_await transfer::move_file(ways_there, std::move(job), options, durable, true, &progress, unreachable);
    };
    const auto failure = co_await transfer::caught(step());
    if (!failure) co_return staged;
    if (unreachable || is_unreachable(*failure)) lost = *failure;
    throw Error(*failure);
}

awaitable<void> Work::settle(const transfer::Staged& staged, const transfer::Options& options) {
    const auto ways_there = ways(false);
    co_await transfer::settle(ways_there, staged, options);
}

void Work::conclude(transfer::Staged& staged) {
    transfer::conclude(journal_, staged);
}

void Work::begin(std::int64_t number) {
    log = {};
    const auto recorded = request.recorded.find(number);
    if (recorded != request.recorded.end()) log.go_on(recorded->second.attempts, recorded->second.history);
}

awaitable<void> Work::report(catalog::RunFile file) {
    log.close(file.error);
    add_history(file);
    file.finished_at = now();
    for (auto& warning : file.warnings)
        warning = to_valid_utf8(warning);
    if (file.ok()) {
        ++summary.succeeded;
    } else {
        ++summary.failed;
        if (!summary.first_failure) summary.first_failure = file.error;
    }
    co_await listener.done(file);
}

awaitable<void> Work::report_read(catalog::RunFile file) {
    file.outcome = kRead;
    add_history(file);
    file.finished_at = now();
    co_await listener.done(file);
}

void Work::add_history(catalog::RunFile& file) const {
    if (log.attempts() == 0) return;
    file.attempts = log.attempts();
    file.history = log.history();
}

transfer::Options Work::options_of(const catalog::Operation& operation) const {
    transfer::Options options;
    options.if_exists = transfer::parse_if_exists(operation.existing_policy());
    options.staging_directory = catalog::staging_of(operation);
    // Its own part in the middle, so that the name is nobody else's: NAME.RANDOM.EXTENSION.
    if (const auto extension = catalog::temporary_extension_of(operation); !extension.empty())
        options.temporary_extension = transfer::unguessable() + "." + extension;
    options.checksum = operation.checksum;
    options.preserve = operation.preserve || options.if_exists == transfer::IfExists::different;
    options.text = operation.text;
    options.limits = request.limits;
    return options;
}

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

boost::json::object properties_of(const std::string& path, const std::optional<Entry>& entry,
                                  const std::string& zone) {
    boost::json::object properties;
    properties["File Name"] = to_valid_utf8(path::name(path));
    properties["Remote Directory"] = to_valid_utf8(path::parent(path));
    if (!entry) return properties;
    if (entry->modified) {
        properties["Timestamp"] = to_local_text(*entry->modified, zone);
        properties["modified"] = to_rfc3339(*entry->modified);
    }
    if (entry->size) properties["size"] = *entry->size;
    if (entry->owner) properties["owner"] = to_valid_utf8(*entry->owner);
    if (entry->group) properties["group"] = to_valid_utf8(*entry->group);
    return properties;
}

}  // namespace fairlead::operation
