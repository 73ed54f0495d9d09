#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/glob.hpp"
#include "base/path.hpp"
#include "fairlead/open.hpp"
#include "remote/local_file_system.hpp"
#include "service/handle_impl.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/run.hpp"
#include "transfer/sync.hpp"
#include "transfer/tree.hpp"
#include "transfer/walk.hpp"

/// The calls of a handle that move files.
namespace fairlead {
namespace {

namespace fs = std::filesystem;
using transfer::caught;
using transfer::Outcome;
using transfer::Sessions;
constexpr unsigned kMostNumbers = 10'000;

/// "a.csv" as "a_1.csv".
std::string numbered(const std::string& path, unsigned n) {
    const auto slash = path.rfind('/');
    const auto dot = path.rfind('.');
    const bool has_end =
        dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
    const auto stem = has_end ? path.substr(0, dot) : path;
    return fmt::format("{}_{}{}", stem, n, has_end ? path.substr(dot) : "");
}

std::string existing_folder(const std::string& folder) {
    std::error_code problem;
    auto path = fs::absolute(folder).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    if (!fs::is_directory(path, problem))
        throw Error(ErrorCode::not_found, fmt::format("The local folder '{}' does not exist.", folder))
            .on(folder);
    return path.string();
}

/// Files of this machine by name or pattern.
std::vector<std::string> local_files(const std::string& wanted, bool allow_empty) {
    const fs::path path = fs::absolute(wanted);
    std::error_code problem;
    if (fs::is_regular_file(path, problem)) return {path.string()};
    std::vector<std::string> found;
    const auto name = path.filename().string();
    if (Glob::is_pattern(name)) {
        const Glob glob(name);
        for (const auto& entry : fs::directory_iterator(path.parent_path(), problem))
            if (entry.is_regular_file(problem) && glob.matches(entry.path().filename().string()))
                found.push_back(entry.path().string());
        std::ranges::sort(found);
        if (!found.empty() || allow_empty) return found;
    }
    throw Error(ErrorCode::not_found, fmt::format("There is no local file '{}'.", wanted)).on(wanted);
}

/// What becomes of each file, in the words of a handle.
class Listener final : public transfer::RunListener {
  public:
    explicit Listener(HandleResult& result) : result_(result) {}

    std::set<std::string> renamed;  ///< targets that got another name than their source's

    void done(const transfer::TransferResult& one) override {
        if (one.outcome == Outcome::removed) {
            result_.removed.push_back(one.target);
            return;
        }
        const auto action = one.outcome == Outcome::skipped ? "skipped"
                            : renamed.contains(one.target)  ? "renamed"
                                                            : std::string(to_string(one.outcome));
        if (one.reason == "added") result_.added.push_back(one.target);
        if (one.reason == "changed") result_.modified.push_back(one.target);
        result_.files.push_back({one.source, one.target, one.bytes, action});
    }
    void failed(const std::string&, const Error& error) override {
        if (!first) first = error;
    }
    void stopped(const std::string&, const Error& error) override {
        if (!first) first = error;
    }

    std::optional<Error> first;

  private:
    HandleResult& result_;
};

std::shared_ptr<Sessions> local_place(const boost::asio::any_io_executor& executor,
                                      std::function<std::unique_ptr<FileSystem>()> make) {
    auto opener = [make = std::move(make)]() -> awaitable<std::shared_ptr<FileSystem>> { co_return make(); };
    return std::make_shared<Sessions>(executor, opener, 1, transfer::PlaceFacts{.identity = "local"});
}

transfer::Options options_of(const Handle::Impl& handle, const HandleTransferOptions& wanted) {
    transfer::Options options;
    const bool numbers = wanted.if_exists == "rename";  // which is done here, and then nothing may be there
    options.if_exists = transfer::parse_if_exists(numbers ? "fail" : wanted.if_exists);
    options.text = wanted.text;
    options.checksum = wanted.checksum;
    options.preserve = wanted.preserve;
    options.retries = handle.options.reconnects;
    options.patience = handle.patience();
    options.limits.add(handle.limit);
    return options;
}

/// One call's move between the handle's place and this machine.
class Move {
  public:
    Move(Handle::Impl& handle, HandleTransferOptions wanted)
        : handle_(handle), wanted_(std::move(wanted)), listener_(handle.result) {
        handle_.result = {};
    }

    using Produce = std::function<awaitable<void>(transfer::Run&)>;

    awaitable<void> run(Sessions& from, Sessions& to, Produce produce) {
        transfer::Run run(handle_.executor, from, to, options_of(handle_, wanted_), listener_,
                          handle_.journal);
        co_await settle(run.run(std::move(produce)));
    }

    template <class Summary>
    awaitable<void> settle(awaitable<Summary> work) {
        const auto quiet = [](awaitable<Summary> running) -> awaitable<void> {
            (void)co_await std::move(running);
        };
        const auto failure = co_await caught(quiet(std::move(work)));
        if (failure) throw Error(*failure);
        if (listener_.first) throw Error(*listener_.first);
        if (missing_) throw Error(*missing_);
    }

    /// Adds a file, under a free name if that is wanted.
    awaitable<void> add(transfer::Run& run, Entry facts, std::string source, std::string target,
                        FileSystem* target_files) {
        if (wanted_.if_exists == "rename" && target_files != nullptr) {
            const auto plain = target;
            for (unsigned n = 1; n <= kMostNumbers; ++n) {
                const auto there = co_await try_stat(*target_files, target);
                if (!there && taken_.insert(target).second) break;
                target = numbered(plain, n);
            }
            if (target != plain) listener_.renamed.insert(target);
        }
        transfer::Job job;
        job.source = std::move(source);
        job.target = std::move(target);
        job.facts = std::move(facts);
        co_await run.add(std::move(job));
    }

    /// A name or pattern that led to nothing; the others go on.
    void note_missing(const std::string& what) {
        if (!missing_)
            missing_ = Error(ErrorCode::not_found, fmt::format("There is no file '{}'.", what)).on(what);
    }
    bool allows_empty() const noexcept { return wanted_.allow_empty; }
    Listener& listener() noexcept { return listener_; }

  private:
    Handle::Impl& handle_;
    HandleTransferOptions wanted_;
    Listener listener_;
    std::set<std::string> taken_;
    std::optional<Error> missing_;
};

/// The remote files that a name or pattern means.
awaitable<std::vector<Entry>> remote_files(Handle::Impl& handle, const std::string& wanted) {
    const auto path = handle.absolute(wanted);
    const auto name = std::string(path::name(path));
    std::vector<Entry> found;
    co_await handle.repeatably([&](FileSystem& files) -> awaitable<void> {
        found.clear();
        if (!Glob::is_pattern(name)) {
            auto entry = co_await try_stat(files, path);
            if (entry && entry->type == EntryType::directory) entry.reset();
            if (!entry) co_return;
            if (entry->type == EntryType::symlink) {
                entry->size.reset();
                entry->modified.reset();
            }
            found.push_back(std::move(*entry));
            co_return;
        }
        const Glob glob(name, files.abilities().folds_case);
        const auto listing = co_await files.list(path::parent(path));
        for (;;) {
            auto batch = co_await listing->next();
            if (batch.empty()) co_return;
            for (auto& entry : batch)
                if (entry.type == EntryType::file && transfer::is_safe_name(entry.name) &&
                    glob.matches(entry.name))
                    found.push_back(std::move(entry));
        }
    });
    std::ranges::sort(found, {}, &Entry::name);
    co_return found;
}

}  // namespace

awaitable<HandleResult> Handle::download_files(std::vector<std::string> files, std::string into,
                                               HandleTransferOptions options) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto folder = existing_folder(into);
        const auto local = local_place(impl.executor, [folder] { return open_local_folder(folder); });
        Move move(impl, options);
        std::vector<Entry> found;
        for (const auto& name : files) {
            auto some = co_await remote_files(impl, name);
            if (some.empty() && !(Glob::is_pattern(name) && move.allows_empty())) move.note_missing(name);
            std::ranges::move(some, std::back_inserter(found));
        }
        const auto local_files = open_local_folder(folder);
        co_await move.run(*impl.sessions, *local, [&](transfer::Run& run) -> awaitable<void> {
            for (auto& entry : found) {
                transfer::check_name(entry.name, path::parent(entry.path));
                auto target = path::join(folder, entry.name);
                auto source = entry.path;
                co_await move.add(run, std::move(entry), std::move(source), std::move(target),
                                  local_files.get());
            }
        });
    });
    co_return impl.result;
}

awaitable<HandleResult> Handle::download_folders(std::vector<std::string> folders, std::string into,
                                                 HandleTransferOptions options) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto folder = existing_folder(into);
        const auto local = local_place(impl.executor, [folder] { return open_local_folder(folder); });
        Move move(impl, options);
        for (const auto& name : folders)
            co_await impl.require_directory(impl.absolute(name));
        co_await move.run(*impl.sessions, *local, [&](transfer::Run& run) -> awaitable<void> {
            for (const auto& name : folders) {
                const auto from = impl.absolute(name);
                const auto to = path::join(folder, path::name(from));
                impl.result.directories.push_back(to);
                co_await run.make_directory(to);
                co_await transfer::add_tree(run, *impl.sessions, from, to, {});
            }
        });
    });
    co_return impl.result;
}

awaitable<HandleResult> Handle::upload_files(std::vector<std::string> files, std::string remote,
                                             HandleTransferOptions options) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        std::vector<std::string> sources;
        for (const auto& name : files)
            std::ranges::move(local_files(name, options.allow_empty), std::back_inserter(sources));
        const auto to = impl.absolute(remote);
        const auto local = local_place(impl.executor, [] { return open_local("/"); });
        const auto disk = open_local("/");
        Move move(impl, options);
        if (!options.make_parents) co_await impl.require_directory(to);
        // Free names are found before the run, whose transfers need the one session.
        std::set<std::string> there;
        if (options.if_exists == "rename")
            co_await impl.repeatably([&](FileSystem& place) -> awaitable<void> {
                const auto known = co_await try_stat(place, to);
                if (!known) co_return;
                const auto listing = co_await place.list(to);
                for (;;) {
                    const auto batch = co_await listing->next();
                    if (batch.empty()) co_return;
                    for (const auto& entry : batch)
                        there.insert(entry.path);
                }
            });
        co_await move.run(*local, *impl.sessions, [&](transfer::Run& run) -> awaitable<void> {
            if (options.make_parents) co_await run.make_directory(to);
            for (const auto& source : sources) {
                auto target = path::join(to, fs::path(source).filename().string());
                const auto plain = target;
                for (unsigned n = 1; options.if_exists == "rename" && !there.insert(target).second; ++n)
                    target = numbered(plain, n);
                if (target != plain) move.listener().renamed.insert(target);
                auto facts = co_await disk->stat(source);
                co_await move.add(run, std::move(facts), source, std::move(target), nullptr);
            }
        });
    });
    co_return impl.result;
}

awaitable<HandleResult> Handle::upload_folders(std::vector<std::string> folders, std::string remote,
                                               bool contents, HandleTransferOptions options) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        std::vector<std::string> sources;
        for (const auto& folder : folders)
            sources.push_back(existing_folder(folder));
        const auto to = impl.absolute(remote);
        if (!options.make_parents) co_await impl.require_directory(to);
        const auto local = local_place(impl.executor, [] { return open_local("/"); });
        Move move(impl, options);
        co_await move.run(*local, *impl.sessions, [&](transfer::Run& run) -> awaitable<void> {
            co_await run.make_directory(to);
            for (const auto& source : sources) {
                const auto target = contents ? to : path::join(to, fs::path(source).filename().string());
                if (!contents) {
                    co_await run.make_directory(target);
                    impl.result.directories.push_back(target);
                }
                co_await transfer::add_tree(run, *local, source, target, {});
            }
        });
    });
    co_return impl.result;
}

awaitable<HandleResult> Handle::synchronize(SynchronizeOptions wanted) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto folder = existing_folder(wanted.local);
        const auto remote = impl.absolute(wanted.remote);
        co_await impl.require_directory(remote);
        const auto local = local_place(impl.executor, [folder] { return open_local_folder(folder); });
        transfer::SyncOptions options;
        options.transfer = options_of(impl, {.checksum = wanted.checksum, .preserve = true});
        options.remove = wanted.remove;
        if (!wanted.recursive) options.tree.depth = 1;
        auto& filter = options.tree.filter;
        using Which = SynchronizeOptions::Which;
        std::string_view rest = wanted.filter;
        while (wanted.which != Which::all && !rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            auto pattern = rest.substr(0, end);
            while (pattern.starts_with(' '))
                pattern.remove_prefix(1);
            auto& list = wanted.which == Which::matching ? filter.include : filter.exclude;
            if (!pattern.empty()) list.emplace_back(pattern);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        Move move(impl, {});
        auto& from = wanted.upload ? *local : *impl.sessions;
        auto& to = wanted.upload ? *impl.sessions : *local;
        co_await move.settle(transfer::sync(from, wanted.upload ? folder : remote, to,
                                            wanted.upload ? remote : folder, std::move(options),
                                            move.listener(), impl.journal));
    });
    co_return impl.result;
}

}  // namespace fairlead
