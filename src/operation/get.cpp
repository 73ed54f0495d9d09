#include <fmt/format.h>

#include "base/path.hpp"
#include "operation/download.hpp"

namespace fairlead::operation {

/// A missing file is a success without a document, unless the operation is strict; a missing directory is an
/// error: nobody can say what is in it.
awaitable<void> get(Work& work, const catalog::Operation& operation, catalog::RunFile& file,
                    transfer::Staged& staged) {
    const auto source = catalog::remote_target(operation);
    file.source = source.path();
    file.properties = properties_of(file.source, std::nullopt, work.request.zone);
    work.log.step("look");
    auto entry = co_await work.look(file.source);
    if (!entry) {
        const bool root = source.directory == "/";
        const auto directory = root ? std::optional<Entry>(Entry{}) : co_await work.look(source.directory);
        if (!directory)
            throw Error(ErrorCode::not_found, fmt::format("The directory '{}' does not exist.", source.directory))
                .on(source.directory);
        if (operation.strict.value_or(false))
            throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", file.source)).on(file.source);
        file.outcome = "absent";
        co_return;
    }
    if (entry->type == EntryType::directory)
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", file.source))
            .on(file.source)
            .hinting("get reads one file; query reads those of a directory");
    entry->path = file.source;
    co_await download(work, operation, *entry, source.name, file, staged);
    if (operation.include_all_metadata) file.properties = properties_of(file.source, entry, work.request.zone);
}

}  // namespace fairlead::operation
