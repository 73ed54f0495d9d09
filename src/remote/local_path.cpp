#include "remote/local_path.hpp"

#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/path.hpp"

namespace fairlead::local {
namespace {

/// Without openat2 (before Linux 5.6, or forbidden by a sandbox): part by part, following no link at all.
Descriptor open_part_by_part(int root, const std::string& below, int flags, mode_t mode) noexcept {
    Descriptor at(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto parts = path::parts(below);
    for (std::size_t i = 0; at && i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        const auto part_flags = last ? flags : O_PATH | O_DIRECTORY;
        at = Descriptor(
            ::openat(at.get(), std::string(parts[i]).c_str(), part_flags | O_NOFOLLOW | O_CLOEXEC, mode));
    }
    if (at && parts.empty()) at = Descriptor(::openat(root, ".", flags | O_CLOEXEC));
    return at;
}

}  // namespace

Descriptor::~Descriptor() {
    close();
}

int Descriptor::close() noexcept {
    if (number_ < 0) return 0;
    return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno;
}

Error error_of(int reason, std::string_view doing, std::string_view path) {
    const auto make = [&](ErrorCode code, std::string sentence) {
        return Error(code, std::move(sentence)).on(std::string(path));
    };
    switch (reason) {
        case ENOENT:
            return make(ErrorCode::not_found, fmt::format("'{}' does not exist.", path));
        case EEXIST:
            return make(ErrorCode::already_exists, fmt::format("'{}' already exists.", path));
        case ENOTEMPTY:
            return make(ErrorCode::not_empty, fmt::format("The directory '{}' is not empty.", path));
        case EACCES:
        case EPERM:
        case EROFS:
            return make(ErrorCode::permission_denied,
                        fmt::format("{} '{}' is not allowed: {}.", doing, path, std::strerror(reason)));
        case ENOSPC:
            return make(ErrorCode::no_space, fmt::format("{} '{}' failed: the disk is full.", doing, path));
        case EFBIG:
            return make(
                ErrorCode::no_space,
                fmt::format("{} '{}' failed: the file would be larger than this disk, or the limit of this "
                            "process (ulimit -f), allows.",
                            doing, path));
        case EDQUOT:
            return make(ErrorCode::quota_exceeded,
                        fmt::format("{} '{}' failed: the disk quota is used up.", doing, path));
        case ENOTDIR:
            return make(ErrorCode::not_found,
                        fmt::format("'{}' does not exist: what it should be in is not a directory.", path));
        case EINVAL:
            return make(
                ErrorCode::invalid_argument,
                fmt::format("{} '{}' is not possible: no file can have that name or place.", doing, path));
        case EISDIR:
            return make(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path));
        case ENAMETOOLONG:
            return make(ErrorCode::invalid_argument,
                        fmt::format("The name '{}' is longer than this disk allows.", path));
        case ELOOP:
        case EXDEV:
            return make(ErrorCode::outside_working_directory,
                        fmt::format("'{}' leads out of its folder.", path))
                .hinting("is there a symbolic link on the way? Name the folder that it points to");
        default:
            return make(ErrorCode::internal,
                        fmt::format("{} '{}' failed: {}.", doing, path, std::strerror(reason)));
    }
}

Root::Root(std::string_view directory, bool whole_paths)
    : directory_(directory.empty() ? "." : directory),
      whole_paths_(whole_paths),
      whole_machine_(path::parts(directory_).empty() && directory_[0] == '/') {
    if (whole_paths) directory_ = path::confine(directory_);
    descriptor_ = Descriptor(::open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor_) throw error_of(errno, "Opening the directory", directory_);
}

/// The path as seen from the directory, relative; nothing when it is not below it.
std::optional<std::string> Root::below(const std::string& path) const {
    std::string_view rest = path;
    if (whole_paths_ && !whole_machine_) {
        if (!rest.starts_with(directory_)) return std::nullopt;
        rest.remove_prefix(directory_.size());
        if (!rest.empty() && rest.front() != '/') return std::nullopt;
    }
    const auto from = rest.find_first_not_of('/');
    return from == std::string_view::npos ? "." : std::string(rest.substr(from));
}

Descriptor Root::open(const std::string& path, int flags, mode_t mode) const noexcept {
    if (path.find('\0') != std::string::npos) {  // the system would take what stands before it for the path
        errno = EINVAL;
        return Descriptor();
    }
    const auto inside = below(path);
    if (!inside) {
        errno = EXDEV;
        return Descriptor();
    }
    const auto& below = *inside;
    flags |= O_CLOEXEC;
    if (whole_machine_) return Descriptor(::openat(descriptor_.get(), below.c_str(), flags, mode));
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const auto number = ::syscall(SYS_openat2, descriptor_.get(), below.c_str(), &how, sizeof how);
    if (number < 0 && (errno == ENOSYS || errno == EPERM))
        return open_part_by_part(descriptor_.get(), below, flags, mode);
    return Descriptor(static_cast<int>(number));
}

std::string Root::shown(std::string_view path) const {
    if (whole_machine_ || whole_paths_) return std::string(path);
    return path == "/" ? directory_ : path::join(directory_, path);
}

std::pair<Descriptor, std::string> Root::parent(const std::string& path) const {
    const auto clean = path::confine(path);
    if (is_top(clean))
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is the top directory.", shown(path)))
            .on(path);
    const std::string above(path::parent(clean));
    if (path.find('\0') != std::string::npos) throw error_of(EINVAL, "Naming", path);
    auto directory = open(above, O_PATH | O_DIRECTORY);
    if (!directory) throw error_of(errno, "Opening the directory", shown(above));
    return {std::move(directory), std::string(path::name(clean))};
}

}  // namespace fairlead::local
