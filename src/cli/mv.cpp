#include <fmt/format.h>

#include "base/path.hpp"
#include "cli/copy_files.hpp"
#include "cli/verbs.hpp"
#include "transfer/publish.hpp"

namespace fairlead::cli {
namespace {

struct MvOptions {
    std::string from, to;
    bool no_replace = false;
    std::shared_ptr<ConnectionFlags> flags;
};

/// Renames on one server, with the name kept when the target is a directory or ends in "/".
awaitable<void> rename(Context& context, const Place& from, const Place& to, bool replace) {
    auto lease = co_await from.sessions->take();
    auto& files = lease.files();
    auto target = to.path;
    if (to.ends_in_slash) {
        target = path::join(target, path::name(from.path));
    } else {
        const auto there = co_await try_stat(files, target);
        if (there && there->type == EntryType::directory) target = path::join(target, path::name(from.path));
    }
    transfer::TransferPlan plan;  // moving a file is publishing it under its new name
    plan.temporary = from.path;
    plan.target = target;
    plan.replace = replace;
    std::vector<std::string> warnings;
    co_await transfer::publish(files, plan, warnings);
    for (const auto& warning : warnings)
        context.warn(warning);
}

void run_mv(Context& context, const MvOptions& options) {
    const auto from = parse_location(options.from), to = parse_location(options.to);
    bool same_place = false;
    with_places(context, *options.flags, 1, [&](Places& places) -> awaitable<void> {
        const auto source = places.at(from), target = places.at(to);
        same_place = source.sessions == target.sessions;
        if (same_place) co_await rename(context, source, target, !options.no_replace);
    });
    if (same_place) return;
    CopyRequest request;
    request.sources.push_back(from);
    request.target = to;
    request.flags.options.delete_source = true;
    if (options.no_replace) request.flags.if_exists = "fail";
    copy_files(context, request, *options.flags);
}

}  // namespace

void add_mv(CLI::App& app, Context& context) {
    auto options = std::make_shared<MvOptions>();
    auto* verb = app.add_subcommand("mv", "Rename or move a file or directory");
    verb->add_option("FROM", options->from, "What to move")->required()->type_name("");
    verb->add_option("TO", options->to,
                     "The new name, or the directory to move it to. In another place, a file is copied and "
                     "then removed")
        ->required()
        ->type_name("");
    verb->add_flag("-n,--no-replace", options->no_replace, "Fail when there is something of that name");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] { run_mv(context, *options); });
}

}  // namespace fairlead::cli
