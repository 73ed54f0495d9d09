#include "cli/copy_files.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/path.hpp"
#include "cli/copy_report.hpp"
#include "cli/items.hpp"
#include "cli/standard_streams.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/persist.hpp"
#include "transfer/tree.hpp"
#include "transfer/walk.hpp"

namespace fairlead::cli {
namespace {

using Kind = Location::Kind;

/// One thing to copy, and where to.
struct Item {
    Place place;
    Entry facts;
    std::string target;
    bool careful = true;
};

class Copy {
  public:
    Copy(Context& context, const CopyRequest& request, Places& places)
        : context_(context),
          request_(request),
          places_(places),
          options_(request.flags.to_options()),
          tree_(request.flags.to_tree_options()),
          report_(context, "", "") {}

    awaitable<void> run() {
        const bool one = request_.sources.size() == 1;
        co_await find_target();
        for (const auto& source : request_.sources) {
            const auto failure =
                co_await transfer::caught(source.kind == Kind::standard_stream ? copy_input() : copy(source));
            if (!failure) continue;
            const bool hopeless = failure->code == ErrorCode::cancelled ||
                                  failure->code == ErrorCode::no_space ||
                                  failure->code == ErrorCode::quota_exceeded;
            if (one || hopeless) {
                (void)report_.only_failure();
                report_.finish();
                throw Error(*failure);
            }
            report_.change_prefixes("", "");
            report_.failed(source.text, *failure);
        }
        const auto failure = co_await transfer::caught(move_gathered());
        if (failure) {
            (void)report_.only_failure();
            report_.finish();
            throw Error(*failure);
        }
        const auto only = one && !walked_ ? report_.only_failure() : std::nullopt;
        if (!only) report_.report_failures();
        report_.finish();
        const auto& trouble = context_.journal().trouble();
        if (!trouble.empty())
            context_.warn("A transfer that breaks off cannot be gone on with by another run: " + trouble);
        if (only) throw Error(*only);
        if (report_.failures() > 0) context_.exit_status = kSomeFailed;
    }

  private:
    /// Decides whether the target is a folder or a file, and opens it. A local folder is opened as one that
    /// nothing can lead out of: names below it may come from a server.
    awaitable<void> find_target() {
        const auto& location = request_.target;
        const bool several = request_.sources.size() > 1;
        if (location.kind != Kind::local) {
            target_ = places_.at(location, "target");
            into_folder_ = several || location.ends_in_slash || target_.path == "/";
            if (into_folder_) co_return;
            std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
                into_folder_ = co_await transfer::is_directory(files, target_.path);
            };
            co_await persistently(target_, look);
            co_return;
        }
        namespace fs = std::filesystem;
        std::error_code ignored;
        const auto path = fs::absolute(location.path).lexically_normal();
        into_folder_ = several || location.ends_in_slash || fs::is_directory(path, ignored);
        local_target_ = path.string();
    }

    awaitable<void> persistently(const Place& place, std::function<awaitable<void>(FileSystem&)> use) {
        auto retrying = [this](const std::string& what, const Error& error, unsigned failures,
                               std::chrono::milliseconds wait) {
            report_.retrying(what, error, failures, wait);
        };
        return transfer::persistently(*place.sessions, transfer::patience_with(*place.sessions, options_),
                                      place.label, std::move(retrying), std::move(use));
    }

    /// Opens a local target once it is known what it will be.
    awaitable<void> open_local_target(bool folder) {
        if (request_.target.kind != Kind::local || target_.sessions) co_return;
        namespace fs = std::filesystem;
        auto path = fs::path(local_target_);
        if (path.filename().empty()) path = path.parent_path();
        if (!options_.staging_directory.empty()) {  // which may be anywhere
            target_ = places_.at(request_.target, "target");
            options_.staging_directory = fs::absolute(options_.staging_directory).lexically_normal().string();
            co_return;
        }
        const auto parent = folder ? path : path.parent_path();
        if (options_.dry_run) {  // the folder need not be there
            target_ = places_.at(request_.target, "target");
            target_.path = path.string();
            co_return;
        }
        if (folder) {
            std::error_code problem;
            fs::create_directories(parent, problem);
            if (problem)
                throw Error(
                    problem == std::errc::permission_denied ? ErrorCode::permission_denied
                                                            : ErrorCode::already_exists,
                    fmt::format("The folder '{}' cannot be made: {}.", parent.string(), problem.message()))
                    .on(parent.string());
        }
        target_ = places_.confined_folder(parent.string());
        if (!folder) target_.path = path.string();
    }

    awaitable<void> copy(const Location& source) {
        auto place = places_.at(source, "source");
        Item item;
        item.place = place;
        item.careful =
            request_.sources.size() == 1 || options_.delete_source || !options_.move_source_to.empty();
        bool directory = false;
        std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
            if (place.path == "/")
                item.facts.type = EntryType::directory;
            else
                item.facts = co_await files.stat(place.path);
            directory = item.facts.type == EntryType::directory;
            if (item.facts.type != EntryType::symlink) co_return;
            if (request_.flags.recursive) directory = co_await transfer::is_directory(files, place.path);
            item.facts.size.reset();  // those of the link itself
            item.facts.modified.reset();
        };
        co_await persistently(place, look);
        if (directory && !request_.flags.recursive)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", place.label))
                .on(place.path)
                .hinting("-r copies directories with everything below");
        const auto name = std::string(path::name(place.path));
        if (directory || into_folder_) {
            co_await open_local_target(true);
            if (!name.empty()) transfer::check_name(name, place.path);
            item.target = path::join(target_.path, name);
        } else {
            co_await open_local_target(false);
            item.target = target_.path;
        }
        if (!directory && options_.if_exists == transfer::IfExists::overwrite &&
            !targets_.insert(item.target).second)
            throw Error(
                ErrorCode::already_exists,
                fmt::format("'{}' was just written from another source of the same name.", item.target))
                .on(item.target)
                .hinting("--if-exists rename keeps both");
        // Where each goes to a folder of its own, or two to one name, the order of the sources counts.
        const bool together = !directory && into_folder_ && options_.move_source_to.empty();
        const bool fits = together &&
                          (gathered_.empty() || gathered_.front().place.sessions == place.sessions) &&
                          gathered_targets_.insert(item.target).second;
        if (!fits) co_await move_gathered();
        if (together) {
            gathered_targets_.insert(item.target);  // again, where the ones before have just been moved
            gathered_.push_back(std::move(item));
            co_return;
        }
        report_.change_prefixes(place.prefix, target_.prefix);
        if (directory)
            co_await copy_tree(std::move(item));
        else
            co_await copy_one(std::move(item));
    }

    /// Files named one by one are moved in one run: over all sessions, and made durable together.
    awaitable<void> move_gathered() {
        const auto items = std::exchange(gathered_, {});
        gathered_targets_.clear();
        if (items.empty()) co_return;
        report_.change_prefixes(items.front().place.prefix, target_.prefix);
        std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& run) -> awaitable<void> {
            for (const auto& item : items)
                co_await add(run, item);
        };
        co_await go(items.front(), produce);
    }

    awaitable<void> copy_input() {
        if (into_folder_)
            throw Error(ErrorCode::invalid_argument,
                        "Standard input has no name, so the target must be a file.");
        co_await open_local_target(false);
        auto opener = []() -> awaitable<std::shared_ptr<FileSystem>> { co_return standard_input(); };
        const auto executor = co_await boost::asio::this_coro::executor;
        Item item;
        item.place.sessions = std::make_shared<transfer::Sessions>(executor, std::move(opener), 1);
        item.place.path = "-";
        item.target = target_.path;
        item.careful = false;
        report_.change_prefixes("", target_.prefix);
        co_await copy_one(std::move(item));
    }

    awaitable<transfer::Options> options_for(const Item& item) {
        auto options = options_;
        options.limits.add(item.place.limit);
        options.limits.add(target_.limit);
        if (!options.staging_directory.starts_with('/') && !options.staging_directory.empty())
            options.staging_directory = path::join(path::parent(item.target), options.staging_directory);
        if (!options.staging_directory.empty())
            options.staging_directory = path::confine(options.staging_directory);
        if (!options.move_source_to.empty()) {
            if (!options.move_source_to.starts_with('/'))
                options.move_source_to = path::join(path::parent(item.place.path), options.move_source_to);
            options.move_source_to = path::confine(options.move_source_to);
            if (options.dry_run) co_return options;
            auto lease = co_await item.place.sessions->take();
            const auto refused =
                co_await transfer::caught(lease.files().make_directory(options.move_source_to));
            if (refused && (refused->code == ErrorCode::cancelled || !refused->session_usable))
                throw Error(*refused);
        }
        co_return options;
    }

    awaitable<void> go(const Item& item, std::function<awaitable<void>(transfer::Run&)> produce) {
        const auto executor = co_await boost::asio::this_coro::executor;
        auto options = co_await options_for(item);
        const auto staging = options.staging_directory;
        transfer::Run run(executor, *item.place.sessions, *target_.sessions, std::move(options), report_,
                          &context_.journal());
        std::function<awaitable<void>(transfer::Run&)> whole =
            [&](transfer::Run& running) -> awaitable<void> {
            if (!staging.empty()) co_await running.make_directory(staging);
            if (into_folder_ && !target_.local) co_await running.make_directory(target_.path);
            co_await produce(running);
        };
        (void)co_await run.run(whole);
    }

    awaitable<void> copy_one(Item item) {
        std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& run) {
            return add(run, item);
        };
        co_await go(item, produce);
    }

    awaitable<void> add(transfer::Run& run, const Item& item) {
        transfer::Job job;
        job.source = item.place.path;
        job.facts = item.facts;
        job.target = item.target;
        job.careful = item.careful;
        co_await run.add(std::move(job));
    }

    awaitable<void> copy_tree(Item item) {
        walked_ = true;
        std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& run) {
            return transfer::add_tree(run, *item.place.sessions, item.place.path, item.target, tree_);
        };
        co_await go(item, produce);
    }

    Context& context_;
    const CopyRequest& request_;
    Places& places_;
    transfer::Options options_;
    transfer::TreeOptions tree_;
    CopyReport report_;
    Place target_;
    std::string local_target_;
    std::set<std::string> targets_;  // of files that were named one by one
    bool into_folder_ = false;
    bool walked_ = false;
    std::vector<Item> gathered_;  // files of one place, for one run
    std::set<std::string> gathered_targets_;
};

void check(const CopyRequest& request) {
    const auto refuse = [](std::string sentence) {
        throw Error(ErrorCode::invalid_argument, std::move(sentence));
    };
    for (const auto& source : request.sources)
        if (source.kind == Kind::standard_stream && (request.sources.size() > 1 || request.flags.recursive))
            refuse("Standard input can only be copied alone.");
    if (request.target.kind != Kind::standard_stream) return;
    if (request.sources.size() > 1 || request.flags.recursive)
        refuse("Only one file can be written to standard output.");
    if (request.sources.front().kind == Kind::standard_stream)
        refuse("Standard input is not copied to standard output; that is what cat is for.");
}

}  // namespace

void copy_files(Context& context, const CopyRequest& request, const ConnectionFlags& connection) {
    check(request);
    with_places(context, connection, request.flags.sessions(), [&](Places& places) -> awaitable<void> {
        if (request.target.kind == Kind::standard_stream) {
            const auto place = places.at(request.sources.front());
            co_await print_file(context, place, request.flags.bwlimit);
            co_return;
        }
        Copy copy(context, request, places);
        co_await copy.run();
    });
}

}  // namespace fairlead::cli
