#include <limits>

#include "cli/entry_lines.hpp"
#include "cli/filter_flags.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/walk.hpp"

namespace fairlead::cli {
namespace {

struct FindOptions {
    std::string location;
    bool details = false;
    std::optional<unsigned> depth;
    unsigned parallel = 1;
    FilterFlags filter;
    std::shared_ptr<ConnectionFlags> flags;
};

awaitable<void> find(Context& context, const FindOptions& options, Places& places) {
    const auto filter = options.filter.to_filter();
    const auto place = places.at(options.location);
    Lines lines(context);
    transfer::WalkOptions walk_options;
    walk_options.filter = &filter;
    walk_options.depth = options.depth.value_or(std::numeric_limits<unsigned>::max());
    std::function<void(transfer::Found&&)> visit = [&](transfer::Found&& found) {
        if (context.options.json)
            lines.json(found.entry);
        else if (options.details)
            lines.details(found.entry, found.entry.path);
        else
            lines.name(found.entry.path);
    };
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string& path,
                                                                        const Error& error) {
        context.exit_status = kSomeFailed;
        report_item(context, place.located(path), error);
    };
    co_await transfer::walk(*place.sessions, place.path, walk_options, visit, problem);
    lines.flush();
}

}  // namespace

void add_find(CLI::App& app, Context& context) {
    auto options = std::make_shared<FindOptions>();
    auto* verb = app.add_subcommand("find", "Search a directory and everything below");
    verb->add_option("LOC", options->location, "Where to begin")->required()->type_name("");
    verb->add_flag("-l,--long", options->details, "Permissions, owner, group, size and time (UTC) too");
    add_optional(*verb, "--depth", options->depth, "At most that many levels")->type_name("N");
    verb->add_option("-P,--parallel", options->parallel, "List with up to that many sessions at once")
        ->type_name("N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    add_filter_options(*verb, options->filter);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, options->parallel,
                    [&](Places& places) { return find(context, *options, places); });
    });
}

}  // namespace fairlead::cli
