#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/copy_report.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/transfer_flags.hpp"
#include "cli/verbs.hpp"
#include "transfer/failure.hpp"
#include "transfer/sync.hpp"

namespace fairlead::cli {
namespace {

struct SyncVerb {
    std::string from, to;
    TransferFlags transfer;
    bool remove = false, force_empty = false;
    std::optional<std::uint64_t> max_remove;
    std::shared_ptr<ConnectionFlags> flags;
};

/// The target; a folder of this machine is made, and nothing can lead out of it: names below it may come from
/// a server.
Place target_of(const Location& location, Places& places, bool dry_run) {
    if (location.kind != Location::Kind::local || dry_run) return places.at(location, "target");
    namespace fs = std::filesystem;
    auto folder = fs::absolute(location.path).lexically_normal();
    if (folder.filename().empty()) folder = folder.parent_path();
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(problem == std::errc::permission_denied ? ErrorCode::permission_denied
                                                            : ErrorCode::already_exists,
                    fmt::format("The folder '{}' cannot be made: {}.", folder.string(), problem.message()))
            .on(folder.string());
    return places.confined_folder(folder.string());
}

transfer::SyncOptions options_of(const SyncVerb& verb) {
    transfer::SyncOptions options;
    options.transfer = verb.transfer.to_options();
    options.tree = verb.transfer.to_tree_options();
    options.remove = verb.remove;
    options.max_remove = verb.max_remove;
    options.force = verb.force_empty;
    Error error(ErrorCode::invalid_argument, "The flags of this sync do not go together.");
    if (options.tree.links == transfer::Links::follow)
        error.faults.push_back({"links", "follow", "sync can only do files, skip or keep"});
    if (verb.max_remove && !verb.remove) error.faults.push_back({"max-delete", "", "only with --delete"});
    if (!options.transfer.staging_directory.empty() && !options.transfer.staging_directory.starts_with('/'))
        error.faults.push_back({"staging-directory", options.transfer.staging_directory,
                                "with sync it must be a path from the root of the target"});
    if (!error.faults.empty()) throw error;
    return options;
}

awaitable<void> run(Context& context, const SyncVerb& verb, Places& places) {
    auto options = options_of(verb);
    const auto source = places.at(parse_location(verb.from), "source");
    const auto target = target_of(parse_location(verb.to), places, options.transfer.dry_run);
    if (source.sessions == target.sessions && source.path == target.path)
        throw Error(ErrorCode::invalid_argument, "Source and target are the same directory.");
    options.transfer.limits.add(source.limit);
    options.transfer.limits.add(target.limit);
    CopyReport report(context, source.prefix, target.prefix);
    transfer::SyncSummary summary;
    const auto work = [&]() -> awaitable<void> {
        summary = co_await transfer::sync(*source.sessions, source.path, *target.sessions, target.path,
                                          std::move(options), report, &context.journal());
    };
    const auto failure = co_await transfer::caught(work());
    report.report_failures();
    report.finish();
    if (failure) throw Error(*failure);
    const auto unchanged = summary.unchanged + summary.moved.skipped;
    if (!context.options.json) context.note(fmt::format("{} unchanged", unchanged));
    if (report.failures() > 0) context.exit_status = kSomeFailed;
}

}  // namespace

void add_sync(CLI::App& app, Context& context) {
    auto options = std::make_shared<SyncVerb>();
    auto* verb = app.add_subcommand(
        "sync", "Make a directory hold what another one holds: what is missing or differs in size or time");
    verb->add_option("FROM", options->from, "The directory to take from")->required()->type_name("");
    verb->add_option("TO", options->to, "The directory to change; it is made if it is not there")
        ->required()
        ->type_name("");
    verb->add_flag("--delete", options->remove,
                   "At the end, remove what FROM does not have, if every directory could be listed");
    add_optional(*verb, "--max-delete", options->max_remove,
                 "Remove nothing, if it would be more files and directories than that")
        ->type_name("N");
    verb->add_flag("--force-empty", options->force_empty, "Remove everything even when FROM is empty");
    add_transfer_options(*verb, options->transfer, context);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, options->transfer.sessions(),
                    [&](Places& places) { return run(context, *options, places); });
    });
}

}  // namespace fairlead::cli
