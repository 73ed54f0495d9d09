#include "transfer/tree.hpp"

#include <fmt/format.h>

#include <array>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/link_path.hpp"
#include "transfer/names.hpp"
#include "transfer/persist.hpp"
#include "transfer/walk.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::array<std::pair<Links, std::string_view>, 4> kLinks{{
    {Links::files, "files"},
    {Links::follow, "follow"},
    {Links::skip, "skip"},
    {Links::keep, "keep"},
}};

/// What a link says: a listing does not always tell.
awaitable<void> learn_target(Sessions& source, Entry& link) {
    if (link.target) co_return;
    const Patience patience{.retries = source.place().retries};
    co_await persistently(source, patience, link.path, {}, [&](FileSystem& files) -> awaitable<void> {
        const auto itself = co_await files.stat(link.path);
        link.target = itself.target;
    });
}

awaitable<void> keep_link(Run& run, Sessions& source, Entry link, const std::string& relative,
                          std::string target) {
    const auto failure = co_await caught(learn_target(source, link));
    if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    if (failure) co_return run.report_failure(link.path, *failure);
    if (!link.target)
        co_return run.report_failure(
            link.path,
            Error(ErrorCode::unsupported, "The server does not tell where this link leads.").on(link.path));
    if (!LinkPath::stays_inside(relative, *link.target))
        co_return run.listener().left_out(
            link.path, fmt::format("it is a link that leads out of the tree, to '{}'", *link.target));
    Job job;
    job.source = link.path;
    job.target = std::move(target);
    auto says = *link.target;
    job.facts = std::move(link);
    co_await run.make_link(std::move(job), std::move(says));
}

}  // namespace

Links parse_links(std::string_view word) {
    for (const auto& [value, name] : kLinks)
        if (name == word) return value;
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is not a policy for symbolic links.", word));
    error.faults.push_back({"links", std::string(word), "choose files, follow, skip or keep"});
    throw error;
}

awaitable<std::optional<Job>> add_entry(Run& run, Sessions& source, Entry entry, const std::string& relative,
                                        std::string target, Links links) {
    if (!is_portable(relative)) {
        run.report_failure(entry.path, not_portable(entry.path));
        co_return std::nullopt;
    }
    if (entry.type == EntryType::other) {
        run.listener().left_out(entry.path, "it is a pipe or a device");
        co_return std::nullopt;
    }
    if (entry.type == EntryType::symlink) {
        if (links == Links::keep)
            co_await keep_link(run, source, std::move(entry), relative, std::move(target));
        else if (links == Links::files)
            run.listener().left_out(entry.path, "it is a link to a directory");
        co_return std::nullopt;
    }
    const auto& options = run.options();
    Job job;
    job.source = entry.path;
    job.target = std::move(target);
    job.facts = std::move(entry);
    job.careful = options.delete_source || !options.move_source_to.empty();
    co_return job;
}

awaitable<void> add_tree(Run& run, Sessions& source, std::string from, std::string to,
                         const TreeOptions& options) {
    const bool all = options.filter.takes_all() && !options.first;
    Selection selection(options.order, options.first);
    WalkOptions walking;
    walking.filter = &options.filter;
    walking.depth = options.depth;
    walking.prefix = options.prefix;
    walking.links = options.links == Links::files    ? WalkLinks::resolve
                    : options.links == Links::follow ? WalkLinks::follow
                                                     : WalkLinks::report;
    walking.visitor_needs_sessions = true;
    walking.enough = [&] { return selection.complete(); };
    const auto add = [&run, all](Job job) -> awaitable<void> {
        if (!all) co_await run.make_directory(std::string(path::parent(job.target)));
        co_await run.add(std::move(job));
    };
    std::function<void(const std::string&, const Error&)> problem =
        [&](const std::string& path, const Error& error) { run.report_failure(path, error); };
    std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
        auto target = path::join(to, std::string_view(found.relative).substr(options.prefix.size()));
        if (found.entry.type == EntryType::directory) {
            if (all && is_portable(found.relative)) co_await run.make_directory(std::move(target));
            co_return;
        }
        auto job = co_await add_entry(run, source, std::move(found.entry), found.relative, std::move(target),
                                      options.links);
        if (job) job = selection.add(std::move(*job));
        if (job) co_await add(std::move(*job));
    };
    co_await run.make_directory(to);
    co_await walk(source, std::move(from), std::move(walking), visit, problem);
    for (auto& job : selection.finish())
        co_await add(std::move(job));
}

}  // namespace fairlead::transfer
