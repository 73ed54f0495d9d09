#include <fmt/format.h>

#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/failure.hpp"
#include "transfer/walk.hpp"

namespace fairlead::cli {
namespace {

struct RmOptions {
    std::vector<std::string> locations;
    bool recursive = false, force = false;
    std::shared_ptr<ConnectionFlags> flags;
};

using Work = std::function<awaitable<void>(FileSystem&)>;

/// One operation on one of the place's sessions.
awaitable<void> on_session(const Place& place, Work work) {
    auto lease = co_await place.sessions->take();
    const auto failure = co_await transfer::caught(work(lease.files()));
    if (!failure) co_return;
    if (!failure->session_usable) lease.broken();
    throw Error(*failure);
}

awaitable<void> remove_file(const Place& place, const std::string& path) {
    return on_session(place, [path](FileSystem& files) { return files.remove(path); });
}

/// Everything below, then the directories from the deepest up. Goes on after a failure, and reports each.
awaitable<void> remove_tree(Context& context, const Place& place) {
    if (place.path == "/")
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("'{}' is the root of the place itself.", place.label))
            .hinting("name what is in it");
    std::vector<std::string> directories{place.path};
    bool failed = false;
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string& path,
                                                                        const Error& error) {
        failed = true;
        report_item(context, place.located(path), error);
    };
    std::function<awaitable<void>(transfer::Found)> visit = [&](transfer::Found found) -> awaitable<void> {
        auto path = std::move(found.entry.path);
        if (found.entry.type == EntryType::directory) {
            directories.push_back(std::move(path));
            co_return;
        }
        const auto failure = co_await transfer::caught(remove_file(place, path));
        if (failure && (failure->code == ErrorCode::cancelled || !failure->session_usable))
            throw Error(*failure);
        if (failure) problem(path, *failure);
    };
    transfer::WalkOptions walk_options;
    walk_options.visitor_needs_sessions = true;
    co_await transfer::walk(*place.sessions, place.path, walk_options, visit, problem);
    // Parents were met before their children.
    for (auto path = directories.rbegin(); path != directories.rend() && !failed; ++path) {
        Work work = [&](FileSystem& files) { return files.remove_directory(*path); };
        co_await on_session(place, std::move(work));
    }
    if (failed) context.exit_status = kSomeFailed;
}

awaitable<void> remove_one(Context& context, const RmOptions& options, Places& places,
                           const std::string& location) {
    const auto place = places.at(location);
    std::optional<Entry> entry;
    Work look = [&](FileSystem& files) -> awaitable<void> { entry = co_await try_stat(files, place.path); };
    // A directory must not be taken for a file, and servers refuse it in words that say little; so look
    // first.
    co_await on_session(place, std::move(look));
    if (!entry && options.force) co_return;
    if (!entry)
        throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", place.label)).on(place.path);
    if (entry->type != EntryType::directory) {
        co_await remove_file(place, place.path);
    } else if (options.recursive) {
        co_await remove_tree(context, place);
    } else {
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", place.label))
            .on(place.path)
            .hinting("rm -r removes it with all that is in it; rmdir removes an empty one");
    }
}

}  // namespace

void add_rm(CLI::App& app, Context& context) {
    auto options = std::make_shared<RmOptions>();
    auto* verb = app.add_subcommand("rm", "Remove files");
    verb->add_option("LOC", options->locations, "What to remove")->required()->type_name("");
    verb->add_flag("-r,--recursive", options->recursive, "Directories too, with all that is in them");
    verb->add_flag("-f,--force", options->force, "What does not exist is no error");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations, [&](const std::string& location) {
                return remove_one(context, *options, places, location);
            });
        });
    });
}

}  // namespace fairlead::cli
