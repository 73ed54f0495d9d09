#include "operation/download.hpp"

#include <fmt/format.h>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"

namespace fairlead::operation {
namespace {

bool settles(const catalog::Operation& operation) {
    return operation.delete_after || !operation.move_after.empty();
}

awaitable<transfer::Options> settling_options(Work& work, const catalog::Operation& operation,
                                              const std::string& source) {
    transfer::Options options;
    options.delete_source = operation.delete_after;
    if (operation.move_after.empty()) co_return options;
    const auto& to = operation.move_after;
    options.move_source_to = path::confine(to.starts_with('/') ? to : path::join(path::parent(source), to));
    (void)co_await transfer::caught(work.make_directory(options.move_source_to));  // moving tells what is wrong
    co_return options;
}

/// The content is here, and recorded. What cannot be deleted is a warning, or where the operation wants that
/// the end of the document.
awaitable<void> settle(Work& work, const catalog::Operation& operation, const transfer::Staged& staged,
                       catalog::RunFile& file) {
    if (!settles(operation)) co_return;
    work.log.step("clean-up");
    const auto act = [&]() -> awaitable<void> {
        const auto options = co_await settling_options(work, operation, staged.job.source);
        co_await work.settle(staged, options);
    };
    const auto failure = co_await transfer::caught(act());
    if (!failure) co_return;
    if (failure->code == ErrorCode::cancelled) throw Error(*failure);
    const auto sentence = fmt::format("'{}' was read, but could not be {}: {}", staged.job.source,
                                      operation.delete_after ? "deleted" : "moved", failure->message);
    file.warnings.push_back(sentence);
    if (!operation.fail_if_unable_to_delete) co_return;
    auto lease = co_await work.local.take();
    (void)co_await transfer::caught(lease.files().remove(content_path(work.request.output, file)));
    Error error(failure->code, sentence);
    throw std::move(error).on(staged.job.source).replied(failure->server_reply);
}

/// Where the content goes; the directories before a name that a query found are made.
awaitable<std::string> local_target(Work& work, catalog::RunFile& file, const std::string& relative) {
    file.local = work.request.output.by_number ? std::to_string(file.number) : path::confine(relative).substr(1);
    if (!work.request.output.by_number) {
        transfer::check_name(path::name(file.local), file.source);
        if (!transfer::is_portable(file.local)) throw transfer::not_portable(file.source);
    }
    std::string made = work.request.output.folder;
    auto lease = co_await work.local.take();
    for (const auto part : path::parts(path::parent(file.local))) {
        made = path::join(made, part);
        const auto failure = co_await transfer::caught(lease.files().make_directory(made));
        if (failure && failure->code != ErrorCode::already_exists) throw Error(*failure);
    }
    co_return content_path(work.request.output, file);
}

}  // namespace

awaitable<void> download(Work& work, const catalog::Operation& operation, const Entry& entry,
                         const std::string& relative, catalog::RunFile& file, transfer::Staged& staged) {
    transfer::Job job;
    job.source = entry.path;
    job.facts = entry;
    job.careful = settles(operation);
    if (entry.type == EntryType::symlink) {  // the facts are those of the link itself
        job.facts.size.reset();
        job.facts.modified.reset();
    }
    job.target = co_await local_target(work, file, relative);
    auto options = work.options_of(operation);
    options.if_exists = transfer::IfExists::overwrite;
    options.durable = settles(operation) || !work.request.output.by_number;
    staged = co_await work.move(false, std::move(job), options, options.durable);
    if (options.durable) work.log.step("sync");
    if (options.durable) {  // the only other copy may be about to go
        auto lease = co_await work.local.take();
        std::vector<std::string> paths{staged.result.target, std::string(path::parent(staged.result.target))};
        co_await lease.files().sync(std::move(paths));
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
    if (!settles(operation)) co_return;
    work.log.step("record");
    co_await work.report_read(file);
    co_await settle(work, operation, staged, file);
}

awaitable<void> settle_recorded(Work& work, const catalog::Operation& operation, catalog::RunFile& file) {
    transfer::Staged staged;
    staged.job.source = file.source;
    staged.phase = transfer::Staged::Phase::published;
    file.outcome = "transferred";
    co_await settle(work, operation, staged, file);
}

}  // namespace fairlead::operation
