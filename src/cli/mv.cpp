#include <fmt/format.h>

#include "base/path.hpp"
#include "cli/copy_files.hpp"
#include "cli/verbs.hpp"
#include "transfer/change.hpp"
#include "transfer/persist.hpp"
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
    auto& sessions = *from.sessions;
    const auto inside = path::join(to.path, path::name(from.path));
    auto target = to.ends_in_slash ? inside : to.path;
    bool seen = false;
    std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
        const auto source = co_await try_stat(files, from.path);
        seen = source.has_value();
        if (to.ends_in_slash) co_return;
        const auto there = co_await try_stat(files, to.path);
        if (there && there->type == EntryType::directory) target = inside;
    };
    co_await transfer::persistently(sessions, {}, from.path, {}, std::move(look));
    std::vector<std::string> warnings;
    std::string aside;
    std::function<awaitable<void>(FileSystem&)> way = [&](FileSystem& files) -> awaitable<void> {
        if (!aside.empty())  // by an earlier attempt
            warnings.push_back(fmt::format("The replaced file may have stayed behind as '{}'.", aside));
        transfer::TransferPlan plan;  // moving a file is publishing it under its new name
        plan.temporary = from.path;
        plan.target = target;
        plan.replace = replace;
        co_await transfer::publish(files, plan, warnings, [&](const std::string& path) { aside = path; });
    };
    // What cannot be seen may be there all the same, but afterwards nobody could tell.
    if (seen)
        co_await transfer::rename(sessions, from.path, target, std::move(way));
    else
        co_await transfer::on_session(sessions, std::move(way));
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
