#include "transfer/source_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace fairlead::transfer {
namespace {

constexpr std::uint64_t kLongEnoughToChange = 1024 * 1024;  // bytes

Error source_changed(const std::string& path) {
    return Error(ErrorCode::source_changed,
                 fmt::format("'{}' changed while it was read, so what arrived would be a "
                             "mixture. Nothing was published.",
                             path))
        .on(path)
        .hinting("try again once its writer has finished");
}

Error wrong_size(const std::string& path, std::uint64_t announced, std::uint64_t bytes) {
    return Error(ErrorCode::size_mismatch,
                 fmt::format("'{}' should have {} bytes, but {} came. Nothing was published.", path,
                             announced, bytes))
        .on(path);
}

bool differ(const Entry& before, const Entry& now) {
    if (before.size && now.size && *before.size != *now.size) return true;
    return before.modified && now.modified && before.modified_precision == now.modified_precision &&
           *before.modified != *now.modified;
}

}  // namespace

SourceWatch::SourceWatch(const Entry& known, const ReadStream& stream)
    : known_(known), stream_(stream), before_(look(stream.descriptor())) {}

std::optional<SourceWatch::FileFacts> SourceWatch::look(int descriptor) {
    struct stat facts {};
    if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) return std::nullopt;
    return FileFacts{facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

awaitable<void> SourceWatch::check(FileSystem& files, const std::string& path, std::uint64_t bytes,
                                   bool careful) const {
    if (before_) {
        if (look(stream_.descriptor()) != before_) throw source_changed(path);
        if (static_cast<std::uint64_t>(before_->size) != bytes) throw source_changed(path);
        co_return;
    }
    auto announced = stream_.announced_size();
    if (!announced) announced = known_.size;
    // Servers that call a generated file empty are common; its end was proven by the protocol.
    const bool as_announced = !announced || *announced == bytes || *announced == 0;
    if (as_announced && !careful && bytes < kLongEnoughToChange) co_return;

    const auto now = co_await try_stat(files, path);
    if (now && differ(known_, *now) && known_.type == now->type) {
        // A listing may be older than the moment of opening: a whole file of the size announced then is
        // whole.
        const bool whole = stream_.announced_size() == bytes && now->size == bytes;
        if (!whole || careful) throw source_changed(path);
    }
    if (!as_announced) throw wrong_size(path, *announced, bytes);
}

}  // namespace fairlead::transfer
