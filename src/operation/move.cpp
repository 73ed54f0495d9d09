#include <fmt/format.h>

#include "operation/work.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/publish.hpp"

namespace fairlead::operation {
namespace {

constexpr unsigned kMostNumbers = 10'000;

/// Where it goes, given what is there; nothing when it stays.
awaitable<std::optional<std::string>> choose_target(FileSystem& files, const std::string& wanted,
                                                    std::string_view policy) {
    for (unsigned n = 0; n < kMostNumbers; ++n) {
        auto path = transfer::numbered(wanted, n);
        const auto there = co_await try_stat(files, path);
        if (!there) co_return path;
        if (policy == "skip") co_return std::nullopt;
        if (policy == "overwrite" && there->type != EntryType::directory) co_return path;
        if (policy != "rename")
            throw Error(ErrorCode::already_exists, fmt::format("'{}' already exists.", path))
                .on(path)
                .hinting("ifExists chooses what happens then");
    }
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' and {} numbered names after it are taken.", wanted, kMostNumbers - 1))
        .on(wanted);
}

}  // namespace

awaitable<void> move(Work& work, const catalog::Operation& operation, catalog::RunFile& file) {
    file.source = catalog::remote_target(operation).path();
    const auto to = catalog::move_target(operation);
    file.target = to.path();
    file.properties = properties_of(file.target, std::nullopt, work.request.zone);
    if (file.target == file.source)
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' would be moved to itself.", file.source))
            .on(file.source);
    if (operation.create_directories) work.log.step("directory");
    if (operation.create_directories) co_await work.make_directory(to.directory);
    const auto policy = operation.existing_policy();
    std::string chosen;  // by the try before, whose answer did not come
    co_await work.ask(file.source, [&](FileSystem& files, bool doubtful) -> awaitable<void> {
        work.log.step("look");
        const auto there = co_await try_stat(files, file.source);
        if (!there) {
            if (doubtful && !chosen.empty()) {
                const auto arrived = co_await try_stat(files, chosen);
                if (arrived) co_return;
            }
            if (operation.strict.value_or(true))
                throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", file.source)).on(file.source);
            file.outcome = "absent";
            co_return;
        }
        const auto target = co_await choose_target(files, to.path(), policy);
        if (!target) {
            file.outcome = "skipped";
            co_return;
        }
        chosen = *target;
        transfer::TransferPlan plan;
        plan.temporary = file.source;
        plan.target = chosen;
        plan.replace = policy == "overwrite";
        work.log.step("move");
        co_await work.listener.require_ours();
        co_await transfer::publish(files, plan, file.warnings);
    }, &work.log);
    if (!file.outcome.empty()) co_return;
    file.outcome = "moved";
    file.target = chosen;
    std::optional<Entry> entry;
    if (operation.include_all_metadata) work.log.step("metadata");
    if (operation.include_all_metadata) entry = co_await work.look(file.target);
    file.properties = properties_of(file.target, entry, work.request.zone);
}

}  // namespace fairlead::operation
