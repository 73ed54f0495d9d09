#include <fmt/format.h>

#include "base/path.hpp"
#include "operation/work.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {
namespace {

/// A directory that is missing, said as that, and not as the temporary file that could not be made in it.
awaitable<void> blame_directory(Work& work, const Error& failure, const catalog::RemoteTarget& target,
                                const std::string& staging) {
    if (failure.code != ErrorCode::not_found) throw Error(failure);
    for (const auto& directory : {staging, target.directory}) {
        if (directory.empty() || directory == "/") continue;
        const auto there = co_await work.look(directory);
        if (there) continue;
        throw Error(ErrorCode::not_found, fmt::format("The {} '{}' does not exist.",
                                                      directory == staging ? "staging directory" : "directory",
                                                      directory))
            .on(directory)
            .replied(failure.server_reply)
            .hinting(directory == staging ? "make it once, or leave stagingDirectory away"
                                          : "createDirectories makes what is missing");
    }
    throw Error(failure);
}

}  // namespace

awaitable<void> create(Work& work, const catalog::Operation& operation, const Input& input,
                       catalog::RunFile& file, transfer::Staged& staged) {
    const auto target = catalog::remote_target(operation);
    file.source = input.content;
    file.target = target.path();
    file.properties = properties_of(file.target, std::nullopt, work.request.zone);
    if (input.content.empty())
        throw Error(ErrorCode::invalid_argument, "The document has no content, so there is nothing to store.")
            .hinting("give it with --input, or as the request's body");
    auto options = work.options_of(operation);
    if (operation.create_directories) work.log.step("directory");
    if (operation.create_directories) co_await work.make_directory(target.directory);
    transfer::Job job;
    job.source = input.content;
    job.target = file.target;
    {
        auto lease = co_await work.local.take();
        job.facts = co_await lease.files().stat(job.source);
    }
    const auto step = [&]() -> awaitable<void> { staged = co_await work.move(true, job, options, true); };
    const auto failure = co_await transfer::caught(step());
    if (failure) {
        if (work.lost) throw Error(*failure);
        co_await blame_directory(work, *failure, target, options.staging_directory);
    }
    const auto& result = staged.result;
    file.target = result.target;
    file.outcome = transfer::to_string(result.outcome);
    file.bytes = result.bytes;
    file.resumed = result.resumed;
    file.proof = transfer::to_string(result.proof);
    file.checksum = result.checksum;
    file.attempts = result.attempts;
    file.warnings = result.warnings;
    if (result.outcome == transfer::Outcome::skipped) file.warnings.push_back("Nothing was stored: " + result.reason + ".");
    std::optional<Entry> entry;
    if (operation.include_all_metadata) work.log.step("metadata");
    if (operation.include_all_metadata) entry = co_await work.look(file.target);
    file.properties = properties_of(file.target, entry, work.request.zone);
}

}  // namespace fairlead::operation
