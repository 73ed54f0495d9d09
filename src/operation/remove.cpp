#include <fmt/format.h>

#include "operation/work.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {

/// A missing file is an error, unless the operation is told to take it for what was wanted.
awaitable<void> remove(Work& work, const catalog::Operation& operation, catalog::RunFile& file) {
    file.target = catalog::remote_target(operation).path();
    file.properties = properties_of(file.target, std::nullopt, work.request.zone);
    bool gone = false;
    co_await work.ask(file.target, [&](FileSystem& files, bool doubtful) -> awaitable<void> {
        work.log.step("look");
        const auto there = co_await try_stat(files, file.target);
        gone = !there;
        if (gone && (doubtful || !operation.strict.value_or(true))) co_return;
        if (gone)
            throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", file.target)).on(file.target);
        if (there->type == EntryType::directory)
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("'{}' is a directory; delete removes files.", file.target))
                .on(file.target);
        co_await work.listener.require_ours();
        work.log.step("remove");
        co_await files.remove(file.target);
    }, &work.log);
    file.outcome = gone && !operation.strict.value_or(true) ? "absent" : "removed";
}

}  // namespace fairlead::operation
