#include "cli/transfer_flags.hpp"

#include "base/path.hpp"
#include "base/quantity.hpp"
#include "cli/places.hpp"
#include "cli/verb.hpp"

namespace fairlead::cli {

transfer::Options TransferFlags::to_options() const {
    auto wanted = options;
    wanted.if_exists = transfer::parse_if_exists(if_exists);
    wanted.durable = !no_sync;
    wanted.resume = !no_resume;
    if (!file_timeout.empty()) wanted.file_timeout = parse_duration(file_timeout, "file-timeout");
    if (!run_timeout.empty()) wanted.run_timeout = parse_duration(run_timeout, "run-timeout");
    // The next run tells by the time what changed.
    wanted.preserve = wanted.preserve || wanted.if_exists == transfer::IfExists::different;
    wanted.limits = limits_of(bwlimit);
    Error error(ErrorCode::invalid_argument, "The flags of this transfer do not go together.");
    if (wanted.delete_source && !wanted.move_source_to.empty())
        error.faults.push_back({"move-after", wanted.move_source_to, "not together with --delete-after"});
    if (wanted.take_partial && no_resume)
        error.faults.push_back({"continue", "", "not together with --no-resume"});
    if (wanted.take_partial && wanted.text)
        error.faults.push_back(
            {"continue", "", "text mode changes line ends, so nobody knows where to go on"});
    if (wanted.take_partial &&
        (wanted.if_exists == transfer::IfExists::append || wanted.if_exists == transfer::IfExists::rename))
        error.faults.push_back({"continue", "", "not together with --if-exists append or rename"});
    if (wanted.text && wanted.checksum)
        error.faults.push_back(
            {"checksum", "", "text mode changes line ends, so the ends cannot be compared"});
    const auto& extension = wanted.temporary_extension;
    if (!extension.empty() && !path::is_plain_name(extension))
        error.faults.push_back(
            {"temporary-extension", extension, "it must be part of a file name, such as part"});
    if (!error.faults.empty()) throw error;
    if (extension.starts_with('.')) wanted.temporary_extension = extension.substr(1);
    return wanted;
}

transfer::TreeOptions TransferFlags::to_tree_options() const {
    transfer::TreeOptions tree;
    tree.filter = filter.to_filter();
    tree.links = transfer::parse_links(links);
    if (depth) tree.depth = *depth;
    if (!order.empty()) tree.order = transfer::parse_order(order);
    tree.first = first;
    return tree;
}

void add_transfer_options(CLI::App& verb, TransferFlags& flags, Context& context) {
    auto& options = flags.options;
    verb.add_option(
            "-P,--parallel", flags.parallel,
            "Up to that many sessions at once; fewer where the connection (maxSessions) or the server "
            "allows no more, or one file needs no more")
        ->type_name("N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    verb.add_option(
            "--segments", options.segments,
            "Move each large file in so many parts at once, over as many sessions; where a server "
            "cannot begin in the middle, in one. Default: one, and more of the sessions that are free for "
            "a download that is seen to wait for a long way; 1: never")
        ->type_name("N")
        ->check(CLI::Range(1, 16));
    verb.add_flag("--no-resume", flags.no_resume,
                  "Begin anew; what earlier runs left unfinished at the same targets is removed");
    verb.add_option("--retries", options.retries,
                    "How often to try again what may succeed later; 0: one attempt; default: as the "
                    "connection says")
        ->type_name("N")
        ->check(CLI::Range(0, 1000));
    verb.add_option("--file-timeout", flags.file_timeout,
                    "Give a file up after this time, all attempts together, such as 90s or 2h")
        ->type_name("TIME");
    verb.add_option("--run-timeout", flags.run_timeout, "Give everything up after this time")
        ->type_name("TIME");
    verb.add_option("--staging-directory", options.staging_directory,
                    "Where a file is kept until it is complete; default: beside the target, hidden")
        ->type_name("D");
    verb.add_option("--temporary-extension", options.temporary_extension,
                    "Call an unfinished file NAME.X; default: a hidden name of our own")
        ->type_name("X");
    verb.add_flag(
        "--inplace", options.in_place,
        "Write under the final name where the server cannot rename; a broken transfer leaves a torn file");
    verb.add_flag("--drop-box", options.drop_box,
                  "The server hides files, or takes them away, as soon as they are complete: write under the "
                  "final name, and take the server's word for a file that is not to be seen afterwards");
    verb.add_flag("--checksum", options.checksum,
                  "Compare checksums of both ends, by reading back where a server computes none");
    verb.add_flag(
        "--no-sync", flags.no_sync,
        "Do not wait for the disk; after a power failure a file may be empty though it was reported");
    verb.add_option("--bwlimit", flags.bwlimit,
                    "Move at most so many bytes a second, all files together: 10M, or a timetable such as "
                    "\"08:00,512K 19:00,10M 23:00,off\" (\"Mon-08:00,...\"; a zone may follow). The lowest "
                    "of this, the connection's and the process's limit holds")
        ->type_name("RATE");
    verb.add_flag("-q,--quiet", context.options.quiet, "No progress and no messages but failures");
    verb.add_option(
            "--links", flags.links,
            "Symbolic links of a directory: files (one to a file is that file, one to a directory is left "
            "out), follow (that too, unless it leads in a circle), skip, or keep (make the same link)")
        ->type_name("POLICY")
        ->capture_default_str();
    add_optional(verb, "--depth", flags.depth, "Of a directory, at most that many levels")->type_name("N");
    verb.add_flag("--dry-run", options.dry_run, "Only say what would be done");
    add_filter_options(verb, flags.filter);
}

void add_copy_options(CLI::App& verb, TransferFlags& flags, Context& context) {
    auto& options = flags.options;
    verb.add_flag("-r,--recursive", flags.recursive, "Directories, with everything below");
    verb.add_option(
            "--if-exists", flags.if_exists,
            "When the target is there: overwrite, fail, skip, append, rename (a.txt, a1.txt, ...), "
            "newer (only replace what is older), or different (only replace what differs in size or time, "
            "with --checksum in content; keeps the source's time)")
        ->type_name("POLICY")
        ->capture_default_str();
    verb.add_flag("-c,--continue", options.take_partial,
                  "Also go on with a shorter file under the final name, whoever began it, if its end is what "
                  "the source has there; what fairlead itself left unfinished is gone on with anyway");
    verb.add_flag("--ascii", options.text,
                  "Text mode (FTP TYPE A): line ends are converted, sizes not verified");
    verb.add_flag("--delete-after", options.delete_source,
                  "Delete the source, once the target is published and verified");
    verb.add_option("--move-after", options.move_source_to,
                    "Move the source to this directory, once the target is published and verified")
        ->type_name("D");
    verb.add_flag("--preserve", options.preserve, "Keep the time of the source");
    verb.add_option("--order", flags.order,
                    "Move the files of a directory by name, size or time, or name-desc, ...; all of them are "
                    "listed before the first is moved, some 500 bytes of memory each")
        ->type_name("ORDER");
    add_optional(verb, "--first", flags.first, "Only the first so many files of a directory, in that order")
        ->type_name("N");
    add_transfer_options(verb, flags, context);
}

}  // namespace fairlead::cli
