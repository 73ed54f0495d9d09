#include <fmt/format.h>

#include "base/utf8.hpp"
#include "cli/filter_flags.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/persist.hpp"
#include "transfer/remove.hpp"

namespace fairlead::cli {
namespace {

struct RmOptions {
    std::vector<std::string> locations;
    bool recursive = false, force = false, dry_run = false;
    unsigned parallel = 1;
    std::optional<unsigned> depth;
    FilterFlags filter;
    std::shared_ptr<ConnectionFlags> flags;
};

awaitable<void> remove_one(Context& context, const RmOptions& options, Places& places,
                           const std::string& location) {
    const auto place = places.at(location);
    std::optional<Entry> entry;
    std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
        entry = co_await try_stat(files, place.path);
    };
    // A directory must not be taken for a file, and servers refuse it in words that say little; so look
    // first.
    co_await transfer::persistently(*place.sessions, {}, place.path, {}, std::move(look));
    if (!entry && options.force) co_return;
    if (!entry)
        throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", place.label)).on(place.path);
    const bool directory = entry->type == EntryType::directory;
    if (directory && !options.recursive)
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", place.label))
            .on(place.path)
            .hinting("rm -r removes it with all that is in it; rmdir removes an empty one");
    const auto filter = options.filter.to_filter();
    if (directory && place.path == "/" && filter.takes_all() && !options.depth)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("'{}' is the root of the place itself.", place.label))
            .hinting("name what is in it");
    transfer::RemoveOptions removing;
    removing.filter = &filter;
    removing.dry_run = options.dry_run;
    if (options.depth) removing.depth = *options.depth;
    const auto removed = [&](const std::string& path) {
        const auto what = place.located(path);
        if (context.options.json)
            context.json(
                {{"target", to_valid_utf8(what)}, {"outcome", options.dry_run ? "planned" : "removed"}});
        else if (options.dry_run)
            context.print(to_printable("would remove " + what));
        else
            context.verbose(1, to_printable(what + ": removed"));
    };
    const auto problem = [&](const std::string& path, const Error& error) {
        context.exit_status = kSomeFailed;
        report_item(context, place.located(path), error);
    };
    co_await transfer::remove_tree(*place.sessions, place.path, entry->type, removing, removed, problem);
}

}  // namespace

void add_rm(CLI::App& app, Context& context) {
    auto options = std::make_shared<RmOptions>();
    auto* verb = app.add_subcommand("rm", "Remove files");
    verb->add_option("LOC", options->locations, "What to remove")->required()->type_name("");
    verb->add_flag("-r,--recursive", options->recursive, "Directories too, with all that is in them");
    verb->add_flag("-f,--force", options->force, "What does not exist is no error");
    verb->add_flag("--dry-run", options->dry_run, "Only say what would be removed");
    verb->add_option("-P,--parallel", options->parallel, "With -r: up to that many sessions at once")
        ->type_name("N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    add_optional(*verb, "--depth", options->depth, "With -r: only files so many levels down")->type_name("N");
    add_filter_options(*verb, options->filter);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, options->parallel, [&](Places& places) {
            return for_each_item(context, options->locations, [&](const std::string& location) {
                return remove_one(context, *options, places, location);
            });
        });
    });
}

}  // namespace fairlead::cli
