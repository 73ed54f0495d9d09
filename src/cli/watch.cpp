#include <fmt/format.h>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <limits>

#include "base/blocking.hpp"
#include "base/digest.hpp"
#include "base/entry_json.hpp"
#include "base/quantity.hpp"
#include "cli/filter_flags.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "monitor/look.hpp"
#include "service/workspace.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"
#include "transfer/failure.hpp"
#include "transfer/retry.hpp"

namespace fairlead::cli {
namespace {

struct WatchOptions {
    std::string location;
    std::string interval = "300";
    bool recursive = false;
    std::optional<unsigned> depth;
    std::vector<std::string> facts{"time"};
    std::string first_look = "baseline";
    std::uint64_t settle_looks = 0;
    std::string settle_time = "0";
    std::string marker;
    std::vector<std::string> unfinished;
    bool directories = false, once = false, forget = false;
    FilterFlags filter;
    std::shared_ptr<ConnectionFlags> flags;
};

constexpr std::size_t kEventsAtOnce = 500;

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

monitor::Rules rules_of(const WatchOptions& options) {
    monitor::Rules rules;
    rules.time = rules.size = rules.mode = false;
    for (const auto& fact : options.facts) {
        rules.time = rules.time || fact == "time";
        rules.size = rules.size || fact == "size";
        rules.mode = rules.mode || fact == "mode";
    }
    rules.everything_is_new = options.first_look == "new";
    rules.directories = options.directories;
    rules.settling.looks = options.settle_looks;
    rules.settling.time = parse_duration(options.settle_time, "settle-time");
    rules.settling.marker = options.marker;
    for (const auto& pattern : options.unfinished)
        rules.settling.unfinished.emplace_back(pattern);
    return rules;
}

/// What is known is kept for the same question: place, what is looked at, and which files.
std::string monitor_id(const WatchOptions& options, const std::string& identity, const std::string& path,
                       unsigned depth) {
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", identity, path, depth, options.directories);
    const auto add = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{}={}\n", name, value);
    };
    for (const auto* list :
         {&options.filter.include, &options.filter.exclude, &options.filter.names, &options.filter.types})
        for (const auto& value : *list)
            add("pattern", value);
    for (const auto* value : {&options.filter.regex, &options.filter.min_size, &options.filter.max_size,
                              &options.filter.min_age, &options.filter.max_age})
        add("limit", value->value_or(""));
    Digest digest(ChecksumAlgorithm::sha256);
    digest.add(std::as_bytes(std::span(text)));
    return "watch:" + digest.finish().substr(0, 32);
}

Entry entry_of(const catalog::FileEvent& event) {
    Entry entry;
    entry.path = event.path;
    entry.name = event.path.substr(event.path.rfind('/') + 1);
    entry.type = event.facts.type;
    entry.size = event.facts.size;
    entry.modified = event.facts.modified;
    entry.modified_precision = event.facts.precision;
    entry.mode = event.facts.mode;
    return entry;
}

std::string json_line(const catalog::FileEvent& event, const Place& place) {
    fmt::memory_buffer line;
    const auto text = [&](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(line), "\"{}\":", name);
        append_json_string(line, value);
        line.push_back(',');
    };
    line.push_back('{');
    text("id", event.id);
    text("event", catalog::to_string(event.change));
    text("at", to_rfc3339(event.at));
    text("location", place.located(event.path));
    if (!event.previous_path.empty()) text("previousLocation", place.located(event.previous_path));
    fmt::format_to(std::back_inserter(line), "\"entry\":");
    append_json(line, entry_of(event));
    line.push_back('}');
    return fmt::to_string(line);
}

std::string plain_line(const catalog::FileEvent& event, const Place& place) {
    fmt::memory_buffer location;
    append_json_string(location, place.located(event.path));  // quoted: a name may hold anything
    auto line = fmt::format("{}  {:8}  {}", to_rfc3339(event.at), catalog::to_string(event.change),
                            fmt::to_string(location));
    if (!event.previous_path.empty()) {
        fmt::memory_buffer previous;
        append_json_string(previous, place.located(event.previous_path));
        line += fmt::format("  from {}", fmt::to_string(previous));
    }
    if (event.facts.size && event.change != catalog::FileChange::deleted)
        line += fmt::format("  {}", format_size(*event.facts.size));
    return line;
}

/// A failure that the next look may not have.
bool may_pass(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found:
        case ErrorCode::permission_denied:
        case ErrorCode::incomplete:
        case ErrorCode::protocol_error:
            return true;
        default:
            return error.retryable();
    }
}

class Watch {
  public:
    Watch(Context& context, const WatchOptions& options, const Place& place)
        : context_(context), options_(options), place_(place) {
        scene_.path = place.path;
        scene_.depth = options.depth.value_or(options.recursive ? std::numeric_limits<unsigned>::max() : 1);
        watched_.filter = options.filter.to_filter();
        watched_.rules = rules_of(options);
        watched_.monitor = monitor_id(options, place.sessions->identity(), place.path, scene_.depth);
    }

    awaitable<void> run() {
        const auto interval = parse_duration(options_.interval, "interval");
        if (interval < std::chrono::seconds(1))
            throw Error(ErrorCode::invalid_argument,
                        "The interval between two looks must be a second or more.")
                .hinting("--interval 300 looks every five minutes");
        if (options_.forget)
            co_await with_store([this](store::Store& store) { store.monitors().remove(watched_.monitor); });
        co_await with_store([this](store::Store& store) {
            store.events().subscribe(watched_.monitor, watched_.monitor);
        });
        for (;;) {
            co_await tell();  // what an earlier run noticed and did not get rid of
            co_await look();
            co_await tell();
            if (options_.once) co_return;
            co_await pause(interval);
        }
    }

  private:
    awaitable<void> look() {
        monitor::LookSettings settings;
        settings.with_store = [this](std::function<void(store::Store&)> work) {
            return with_store(std::move(work));
        };
        settings.now = now;
        const auto results = co_await monitor::look(*place_.sessions, scene_, {&watched_, 1}, std::move(settings));
        const auto& result = results.front();
        if (result.failure) {
            if (options_.once || !may_pass(*result.failure)) throw Error(*result.failure);
            report_item(context_, place_.label, *result.failure);
            co_return;
        }
        report(result);
    }

    void report(const monitor::LookResult& result) {
        for (const auto& problem : result.problems)
            report_item(context_, place_.located(problem.path), problem);
        if (!result.problems.empty()) {
            context_.warn("Nothing was concluded about files that were not seen.");
            if (options_.once) context_.exit_status = kSomeFailed;
        }
        if (result.missing && !missing_)
            context_.note(fmt::format("There is nothing at {} now.", place_.label));
        missing_ = result.missing;
        context_.verbose(1, fmt::format("look {}: {} entries, {} events, {} waiting", result.look,
                                        result.seen, result.events, result.waiting));
        for (const auto& [path, why] : result.why)
            context_.verbose(1, fmt::format("{} waits: {}", place_.located(path), why));
    }

    /// Printed first, forgotten then: told at least once.
    awaitable<void> tell() {
        for (;;) {
            std::vector<catalog::FileEvent> events;
            co_await with_store(
                [&](store::Store& store) { events = store.events().pending(watched_.monitor, kEventsAtOnce); });
            if (events.empty()) co_return;
            for (const auto& event : events)
                context_.print(context_.options.json ? json_line(event, place_) : plain_line(event, place_));
            context_.flush();
            if (context_.output_is_closed())
                throw Error(ErrorCode::cancelled, "Nobody reads the events any more.");
            co_await with_store([&](store::Store& store) {
                store.events().advance(watched_.monitor, events.back().sequence);
                store.events().forget(watched_.monitor, Time::max(), kEventsAtOnce);
            });
        }
    }

    awaitable<void> with_store(std::function<void(store::Store&)> work) {
        co_await run_blocking([&] { work(context_.workspace().store()); });
    }

    /// A tenth sooner or later, so that many watches do not come all at once.
    static awaitable<void> pause(std::chrono::milliseconds interval) {
        const auto spread = interval.count() / 5;
        const auto wait = interval - std::chrono::milliseconds(spread / 2) +
                          std::chrono::milliseconds(
                              static_cast<std::int64_t>(static_cast<double>(spread) * transfer::luck()));
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, wait);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }

    Context& context_;
    const WatchOptions& options_;
    const Place& place_;
    monitor::Scene scene_;
    monitor::Watched watched_;
    bool missing_ = false;  // at the last look
};

awaitable<void> run(Context& context, const WatchOptions& options, Places& places) {
    const auto place = places.at(options.location);
    Watch watch(context, options, place);
    co_await watch.run();
}

}  // namespace

void add_watch(CLI::App& app, Context& context) {
    auto options = std::make_shared<WatchOptions>();
    auto* verb = app.add_subcommand("watch", "Tell what changes in a directory, or of a file, as it changes");
    verb->add_option("LOC", options->location, "The directory or file to watch")->required()->type_name("");
    verb->add_option("--interval", options->interval,
                     "Between two looks, such as 30, 5m or 1h; each a little sooner or later")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_flag("-r,--recursive", options->recursive, "Subdirectories too");
    add_optional(*verb, "--depth", options->depth, "At most that many levels")->type_name("N");
    verb->add_option("--changes", options->facts, "Which facts make a modified file: time, size, mode. Where a time may hide a change, another size tells too")
        ->delimiter(',')
        ->check(CLI::IsMember({"time", "size", "mode"}))
        ->type_name("FACTS")
        ->capture_default_str();
    verb->add_option(
            "--first-look", options->first_look,
            "What is there at the first look of all: baseline (known, in silence) or new (each file is told)")
        ->check(CLI::IsMember({"baseline", "new"}))
        ->type_name("WHAT")
        ->capture_default_str();
    verb->add_option("--settle-looks", options->settle_looks,
                     "Tell of a file when so many looks more found the same size and time")
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--settle-time", options->settle_time,
                     "Tell of a file when it has not changed for so long")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--marker", options->marker,
                     "Tell of a file when another one is there, such as '{name}.done' or '{stem}.ok'")
        ->type_name("NAME");
    verb->add_option("--unfinished", options->unfinished,
                     "Files of such a name are being written and not told of, such as '*.part'")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    verb->add_flag("--directories", options->directories, "Tell of directories too");
    verb->add_flag("--once", options->once, "Look once, tell, and end: for a schedule of your own");
    verb->add_flag("--forget", options->forget, "Forget what earlier looks saw; the next one is the first");
    add_filter_options(*verb, options->filter);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1,
                    [&](Places& places) { return run(context, *options, places); });
    });
}

}  // namespace fairlead::cli
