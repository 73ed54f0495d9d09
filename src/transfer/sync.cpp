#include "transfer/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/path.hpp"
#include "base/run_together.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/persist.hpp"
#include "transfer/remove.hpp"
#include "transfer/walk.hpp"

namespace fairlead::transfer {
namespace {

constexpr unsigned kMostAtOnce = 4;  // directories being compared

/// What stands at the target and should go.
struct Victim {
    std::string path, relative;
    EntryType type;
};

/// What a directory holds, sorted by name.
struct Content {
    std::vector<Entry> entries;
    std::uint64_t left_out = 0;  ///< names that can be no file's: so it is not known what else it holds
};

awaitable<void> list_all(FileSystem& files, const std::string& path, Content& content) {
    content = {};
    const auto listing = co_await files.list(path);
    for (;;) {
        auto batch = co_await listing->next();
        if (batch.empty()) break;
        for (auto& entry : batch) {
            if (is_safe_name(entry.name))
                content.entries.push_back(std::move(entry));
            else
                ++content.left_out;
        }
    }
    content.left_out += listing->left_out();
    std::ranges::sort(content.entries, {}, &Entry::name);
}

class Sync {
  public:
    Sync(boost::asio::any_io_executor executor, Sessions& source, Sessions& target, std::string from,
         std::string to, SyncOptions options, RunListener& listener, Journal* journal)
        : executor_(executor),
          source_(source),
          target_(target),
          from_(std::move(from)),
          to_(std::move(to)),
          options_(std::move(options)),
          listener_(listener),
          journal_(journal),
          changed_(executor) {}

    awaitable<SyncSummary> run() {
        {
            auto lease = co_await target_.take();
            keeps_times_ = lease.files().abilities().set_modified;
        }
        options_.transfer.if_exists = options_.transfer.checksum ? IfExists::different : IfExists::overwrite;
        options_.transfer.preserve = options_.transfer.preserve || keeps_times_;
        std::function<awaitable<void>(Run&)> compare = [this](Run& run) { return compare_all(run); };
        co_await move(compare);
        if (options_.remove && incomplete_)
            listener_.left_out(to_, "nothing is removed, because not everything could be listed");
        else if (options_.remove)
            co_await remove_all();
        if (!replaced_.empty() && !incomplete_) {
            std::function<awaitable<void>(Run&)> again = [this](Run& run) { return move_replaced(run); };
            co_await move(again);
        }
        co_return std::move(summary_);
    }

  private:
    struct Directory {
        std::string relative;  ///< "" is the top, "/a" below it
        unsigned depth;
        bool at_target;  ///< whether there is something to compare with
    };

    awaitable<void> move(std::function<awaitable<void>(Run&)>& produce) {
        Run run(executor_, source_, target_, options_.transfer, listener_, journal_);
        const auto moved = co_await run.run(produce);
        summary_.moved.transferred += moved.transferred;
        summary_.moved.skipped += moved.skipped;
        summary_.moved.failed += moved.failed;
        summary_.moved.bytes += moved.bytes;
        if (!summary_.moved.first_failure) summary_.moved.first_failure = moved.first_failure;
    }

    awaitable<void> compare_all(Run& run) {
        waiting_.push_back({"", 1, true});
        const auto most = std::clamp(std::min(source_.most(), target_.most()), 1u, kMostAtOnce);
        std::vector<awaitable<void>> workers;
        for (unsigned i = 0; i < most; ++i)
            workers.push_back(work(run));
        co_await run_together(std::move(workers));
    }

    awaitable<void> work(Run& run) {
        while (busy_ > 0 || !waiting_.empty()) {
            if (waiting_.empty()) {
                co_await changed_.wait();
                continue;
            }
            const auto next = std::move(waiting_.back());
            waiting_.pop_back();
            ++busy_;
            const auto failure = co_await caught(compare(run, next));
            --busy_;
            changed_.notify_all();
            if (failure) throw Error(*failure);
        }
    }

    awaitable<void> list_on(Sessions& sessions, std::string path, Content& content) {
        co_await persistently(sessions, patience_with(sessions, options_.transfer), path, {},
                              [&](FileSystem& files) { return list_all(files, path, content); });
    }

    awaitable<void> list_source(const std::string& relative, Content& content) {
        co_await list_on(source_, relative.empty() ? from_ : path::join(from_, relative), content);
        if (options_.tree.links == Links::files) co_await resolve_links(content.entries);
    }

    /// Links to files count as files.
    awaitable<void> resolve_links(std::vector<Entry>& entries) {
        for (auto& entry : entries) {
            if (entry.type != EntryType::symlink) continue;
            bool directory = false;
            const auto look = [&](FileSystem& files) -> awaitable<void> {
                directory = co_await is_directory(files, entry.path);
            };
            co_await persistently(source_, patience_with(source_, options_.transfer), entry.path, {}, look);
            if (directory) continue;
            entry.type = EntryType::file;
            entry.size.reset();  // those of the link itself
            entry.modified.reset();
        }
    }

    awaitable<void> list_target(const Directory& directory, Content& content) {
        if (!directory.at_target) co_return;
        const auto path = directory.relative.empty() ? to_ : path::join(to_, directory.relative);
        const auto failure = co_await caught(list_on(target_, path, content));
        if (!failure) co_return;
        const bool missing_top = directory.relative.empty() && failure->code == ErrorCode::not_found;
        if (!missing_top) throw Error(*failure);
    }

    awaitable<void> list_both(const Directory& directory, Content& here, Content& there) {
        std::vector<awaitable<void>> both;
        both.push_back(list_source(directory.relative, here));
        both.push_back(list_target(directory, there));
        co_await run_together(std::move(both));
    }

    awaitable<void> compare(Run& run, const Directory& directory) {
        const bool top = directory.relative.empty();
        Content here, there;
        const auto failure = co_await caught(list_both(directory, here, there));
        if (failure && (top || failure->code == ErrorCode::cancelled)) throw Error(*failure);
        if (failure) {
            incomplete_ = true;
            co_return run.report_failure(path::join(from_, directory.relative), *failure);
        }
        if (here.left_out + there.left_out > 0) {
            incomplete_ = true;
            const auto& side = here.left_out > 0 ? from_ : to_;
            const auto path = top ? side : path::join(side, directory.relative);
            run.report_failure(path, names_left_out(path, here.left_out + there.left_out));
        }
        if (top) source_is_empty_ = here.entries.empty();
        if (top || options_.tree.filter.takes_all())
            co_await run.make_directory(top ? to_ : path::join(to_, directory.relative));
        co_await merge(run, directory, here.entries, there.entries);
    }

    awaitable<void> merge(Run& run, const Directory& directory, std::vector<Entry>& here,
                          const std::vector<Entry>& there) {
        auto theirs = there.begin();
        for (auto ours = here.begin(); ours != here.end() || theirs != there.end();) {
            const bool only_here = theirs == there.end() || (ours != here.end() && ours->name < theirs->name);
            const bool only_there = !only_here && (ours == here.end() || theirs->name < ours->name);
            Entry* source = only_there ? nullptr : &*ours;
            const Entry* existing = only_here ? nullptr : &*theirs;
            co_await act(run, directory, source, existing);
            if (!only_there) ++ours;
            if (!only_here) ++theirs;
        }
    }

    awaitable<void> act(Run& run, const Directory& directory, Entry* source, const Entry* existing) {
        const auto relative = directory.relative + "/" + (source != nullptr ? source->name : existing->name);
        const auto& filter = options_.tree.filter;
        if (!filter.enters(relative)) co_return;  // excluded: left alone on both sides
        if (source != nullptr && !is_portable(relative))
            co_return run.report_failure(source->path, not_portable(source->path));
        const bool no_file =
            source != nullptr && (source->type == EntryType::other ||
                                  (source->type == EntryType::symlink && options_.tree.links != Links::keep));
        if (no_file) {  // said where it is due; what the target has of that name is left alone
            (void)co_await add_entry(run, source_, std::move(*source), relative, {}, options_.tree.links);
            co_return;
        }
        const auto action = decide(source, existing, keeps_times_);
        const bool is_directory = source != nullptr && source->type == EntryType::directory;
        if (action == SyncAction::remove) {
            const bool ours = existing->name.ends_with(".fairlead") && existing->name.starts_with('.');
            const bool entered = existing->type == EntryType::directory;
            if (!ours && (entered || filter.wants(*existing, relative)))
                victims_.push_back({existing->path, relative, existing->type});
            co_return;
        }
        if (is_directory && action != SyncAction::replace) {
            if (directory.depth < options_.tree.depth)
                waiting_.push_back({relative, directory.depth + 1, existing != nullptr});
            changed_.notify_all();
            co_return;
        }
        if (!is_directory && !filter.wants(*source, relative)) co_return;
        if (action == SyncAction::replace) {
            replace(run, *source, *existing, relative);
            co_return;
        }
        const bool same = action == SyncAction::none;
        const bool compared_by_content =
            same && options_.transfer.checksum && source->type == EntryType::file;
        if (same && !compared_by_content) {
            ++summary_.unchanged;
            co_return;
        }
        co_await add(run, std::move(*source), relative, existing != nullptr ? "changed" : "added");
    }

    awaitable<void> add(Run& run, Entry entry, const std::string& relative, std::string why) {
        auto target = path::join(to_, relative);
        if (!options_.tree.filter.takes_all()) co_await run.make_directory(std::string(path::parent(target)));
        auto job = co_await add_entry(run, source_, std::move(entry), relative, std::move(target),
                                      options_.tree.links);
        if (!job) co_return;
        job->why = std::move(why);
        co_await run.add(std::move(*job));
    }

    void replace(Run& run, const Entry& source, const Entry& existing, const std::string& relative) {
        if (options_.remove) {
            victims_.push_back({existing.path, relative, existing.type});
            replaced_.push_back({source, relative});
            return;
        }
        run.report_failure(source.path,
                           Error(ErrorCode::already_exists,
                                 fmt::format("The target has a {} of this name, where the source has a {}.",
                                             to_string(existing.type), to_string(source.type)))
                               .on(existing.path)
                               .hinting("--delete removes it and puts the source's in its place"));
    }

    awaitable<void> move_replaced(Run& run) {
        for (auto& [entry, relative] : replaced_) {
            if (options_.transfer.dry_run) {
                report_planned(entry, path::join(to_, relative));
                continue;
            }
            if (entry.type != EntryType::directory) {
                co_await add(run, std::move(entry), relative, "changed");
                continue;
            }
            options_.tree.prefix = relative;  // the filter knows paths from the top
            co_await add_tree(run, source_, entry.path, path::join(to_, relative), options_.tree);
        }
    }

    awaitable<void> check_removal() {
        if (source_is_empty_ && !options_.force)
            throw Error(
                ErrorCode::conflict,
                fmt::format("The source is empty, so everything in '{}' would be removed. Nothing was.", to_))
                .on(from_)
                .hinting("if that is what you want, say --force-empty");
        if (!options_.max_remove) co_return;
        std::uint64_t count = 0;
        for (const auto& victim : victims_) {
            if (victim.type == EntryType::directory)
                count += co_await count_tree(target_, victim.path);
            else
                ++count;
        }
        if (count > *options_.max_remove)
            throw Error(ErrorCode::conflict,
                        fmt::format("{} files and directories would be removed, but --max-delete allows {}. "
                                    "Nothing was.",
                                    count, *options_.max_remove))
                .on(to_);
    }

    awaitable<void> remove_all() {
        if (victims_.empty()) co_return;
        co_await check_removal();
        RemoveOptions removing;
        removing.filter = &options_.tree.filter;
        removing.dry_run = options_.transfer.dry_run;
        for (const auto& victim : victims_) {
            removing.prefix = victim.relative;
            const auto failure = co_await caught(remove_tree(
                target_, victim.path, victim.type, removing,
                [this](const std::string& path) { report_removed(path); },
                [this](const std::string& path, const Error& error) { report_failed(path, error); }));
            if (!failure) continue;
            if (failure->code == ErrorCode::cancelled) throw Error(*failure);
            if (failure->code != ErrorCode::not_found) report_failed(victim.path, *failure);
        }
    }

    void report_removed(const std::string& path) {
        ++summary_.removed;
        TransferResult result;
        result.target = path;
        result.outcome = options_.transfer.dry_run ? Outcome::planned : Outcome::removed;
        result.reason = "removed";
        listener_.done(result);
    }

    void report_planned(const Entry& entry, const std::string& target) {
        ++summary_.moved.transferred;
        TransferResult result;
        result.source = entry.path;
        result.target = target;
        result.outcome = Outcome::planned;
        result.bytes = entry.size.value_or(0);
        result.reason = "changed";
        listener_.done(result);
    }

    void report_failed(const std::string& path, const Error& error) {
        ++summary_.moved.failed;
        if (!summary_.moved.first_failure) summary_.moved.first_failure = error;
        listener_.failed(path, error);
    }

    boost::asio::any_io_executor executor_;
    Sessions& source_;
    Sessions& target_;
    std::string from_, to_;
    SyncOptions options_;
    RunListener& listener_;
    Journal* journal_;
    Event changed_;
    bool keeps_times_ = false, incomplete_ = false, source_is_empty_ = false;
    unsigned busy_ = 0;
    std::vector<Directory> waiting_;
    std::vector<Victim> victims_;
    std::vector<std::pair<Entry, std::string>> replaced_;
    SyncSummary summary_;
};

}  // namespace

SyncAction decide(const Entry* source, const Entry* target, bool keeps_times) {
    if (source == nullptr) return SyncAction::remove;
    if (target == nullptr) return SyncAction::add;
    const bool from_directory = source->type == EntryType::directory;
    const bool to_directory = target->type == EntryType::directory;
    if (from_directory && to_directory) return SyncAction::enter;
    if (from_directory || to_directory) return SyncAction::replace;
    if (source->type == EntryType::other) return SyncAction::none;
    if (source->type == EntryType::symlink)
        return target->type == EntryType::symlink && source->target && source->target == target->target
                   ? SyncAction::none
                   : SyncAction::change;
    if (target->type != EntryType::file) return SyncAction::change;
    return differ(*source, *target, keeps_times) ? SyncAction::change : SyncAction::none;
}

awaitable<SyncSummary> sync(Sessions& source, std::string from, Sessions& target, std::string to,
                            SyncOptions options, RunListener& listener, Journal* journal) {
    const auto executor = co_await boost::asio::this_coro::executor;
    Sync sync(executor, source, target, std::move(from), std::move(to), std::move(options), listener,
              journal);
    co_return co_await sync.run();
}

}  // namespace fairlead::transfer
