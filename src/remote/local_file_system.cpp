#include "remote/local_file_system.hpp"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <set>
#include <vector>

#include "base/blocking.hpp"
#include "base/digest.hpp"
#include "base/page_buffer.hpp"
#include "base/path.hpp"
#include "remote/local_streams.hpp"

namespace fairlead {
namespace {

using local::Descriptor;
using local::error_of;

constexpr unsigned kFilesOpenAtOnce = 64;
constexpr std::size_t kSyncOneByOne = 16;  // beyond this, one sync of the whole disk is cheaper
constexpr std::size_t kDigestPiece = 256 * 1024;

Error not_a_file(std::string_view path, std::string_view what) {
    return Error(ErrorCode::invalid_argument, fmt::format("'{}' is {}, not a file.", path, what))
        .on(std::string(path));
}

/// The kernel would put a file in the place of /dev/null as of any other name.
void refuse_special(const Descriptor& directory, const std::string& name, const std::string& shown) {
    struct stat facts {};
    if (::fstatat(directory.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode) || S_ISLNK(facts.st_mode)) return;
    throw not_a_file(shown, "a pipe, socket or device")
        .hinting("it is never replaced; fairlead cat writes to standard output");
}

/// Opens a regular file for reading; never a pipe or a device, whose opening alone may block or act.
Descriptor open_file(const local::Root& root, const std::string& path) {
    struct stat facts {};
    const auto look = root.open(path, O_PATH);
    if (!look || ::fstat(look.get(), &facts) != 0) throw error_of(errno, "Reading", root.shown(path));
    if (S_ISDIR(facts.st_mode)) throw not_a_file(root.shown(path), "a directory");
    if (!S_ISREG(facts.st_mode)) throw not_a_file(root.shown(path), "a pipe, socket or device");
    auto file = root.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file || ::fstat(file.get(), &facts) != 0) throw error_of(errno, "Reading", root.shown(path));
    if (!S_ISREG(facts.st_mode))
        throw not_a_file(root.shown(path), "a pipe, socket or device");  // exchanged meanwhile
    return file;
}

void sync_one(const local::Root& root, const std::string& path) {
    const auto opened = root.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!opened || ::fsync(opened.get()) != 0) throw error_of(errno, "Writing to disk", root.shown(path));
}

/// Whether all of them are on the disk that the first is on.
bool on_one_disk(const local::Root& root, const std::vector<std::string>& paths) {
    std::optional<dev_t> disk;
    std::set<std::string_view> looked_at;
    for (const auto& path : paths) {
        if (!looked_at.insert(path::parent(path)).second) continue;
        struct stat facts {};
        const auto [directory, name] = root.parent(path);
        if (::fstat(directory.get(), &facts) != 0 || facts.st_dev != disk.value_or(facts.st_dev))
            return false;
        disk = facts.st_dev;
    }
    return true;
}

void sync_all(const local::Root& root, const std::vector<std::string>& paths) {
    if (paths.size() > kSyncOneByOne && on_one_disk(root, paths)) {
        const auto opened = root.open(paths.front(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (!opened || ::syncfs(opened.get()) != 0)
            throw error_of(errno, "Writing to disk", root.shown(paths.front()));
        return;
    }
    for (const auto& path : paths)
        sync_one(root, path);
}

/// Disks of other systems, and directories of Linux that were told to, take "a" and "A" for one name.
bool folds_case(const local::Root& root, const std::string& directory) {
    constexpr std::array<long, 9> kFolding{
        0x4d44,     0x2011bab0, 0x7366746e, 0x5346544e, 0xff534d42,
        0xfe534d42, 0x517b,     0x482b,     0x786f4256};  // FAT to VirtualBox
    constexpr int kCaseFold = 0x40000000;                 // FS_CASEFOLD_FL
    const auto top = root.open(directory, O_RDONLY | O_DIRECTORY);
    struct statfs disk {};
    if (!top || ::fstatfs(top.get(), &disk) != 0) return false;
    if (std::ranges::find(kFolding, static_cast<long>(disk.f_type)) != kFolding.end()) return true;
    int flags = 0;
    return ::ioctl(top.get(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & kCaseFold) != 0;
}

}  // namespace

LocalFileSystem::LocalFileSystem(std::string_view root, bool whole_paths) : root_(root, whole_paths) {
    abilities_.resume_read = abilities_.resume_write = abilities_.append = true;
    abilities_.atomic_replace = abilities_.machine_listing = abilities_.utf8 = true;
    abilities_.set_modified = abilities_.set_mode = abilities_.symlinks = abilities_.make_links = true;
    abilities_.sync = abilities_.sync_together = true;
    abilities_.folds_case = folds_case(root_, whole_paths ? path::confine(root) : "/");
    abilities_.modified_precision = TimePrecision::millisecond;
    abilities_.checksums = {ChecksumAlgorithm::sha256, ChecksumAlgorithm::sha1, ChecksumAlgorithm::md5,
                            ChecksumAlgorithm::sha512, ChecksumAlgorithm::crc32};
    abilities_.concurrent_operations = kFilesOpenAtOnce;
    peer_.server = "this machine";
}

awaitable<Entry> LocalFileSystem::stat(std::string_view path) {
    auto clean = path::confine(path);
    Entry entry;
    int reason = 0;
    if (root_.is_top(clean)) {
        const auto opened = root_.open(clean, O_PATH);
        reason = opened ? local::describe(opened.get(), "", names_, entry) : errno;
    } else {
        const auto [directory, name] = root_.parent(clean);
        reason = local::describe(directory.get(), name, names_, entry);
    }
    if (reason != 0) throw error_of(reason, "Looking at", root_.shown(clean));
    entry.name = path::name(clean);
    entry.path = std::move(clean);
    co_return entry;
}

awaitable<std::unique_ptr<Listing>> LocalFileSystem::list(std::string_view path) {
    auto clean = path::confine(path);
    auto directory = root_.open(clean, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (!directory) {
        const auto reason = errno;
        if (reason == ENOTDIR && root_.open(clean, O_PATH))
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a directory.", clean))
                .on(clean);
        throw error_of(reason, "Listing", root_.shown(clean));
    }
    auto shown = root_.shown(clean);
    co_return local::listing(std::move(directory), std::move(clean), std::move(shown));
}

awaitable<std::unique_ptr<ReadStream>> LocalFileSystem::open_read(std::string_view path,
                                                                  ReadOptions options) {
    auto clean = path::confine(path);
    auto file = open_file(root_, clean);
    co_return local::read_stream(std::move(file), root_.shown(clean), options.offset);
}

awaitable<std::unique_ptr<WriteStream>> LocalFileSystem::open_write(std::string_view path,
                                                                    WriteOptions options) {
    using Mode = WriteOptions::Mode;
    auto clean = path::confine(path);
    // Nearly always the name is new, so that is tried first. What is there is looked at before it is opened.
    constexpr int kFlags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY;
    auto file = root_.open(clean, kFlags | O_EXCL | O_NOFOLLOW, 0666);
    struct stat facts {};
    const bool is_new = static_cast<bool>(file);
    if (!file && errno == EEXIST && options.mode != Mode::create) {
        if (const auto look = root_.open(clean, O_PATH); look && ::fstat(look.get(), &facts) == 0) {
            if (S_ISDIR(facts.st_mode)) throw not_a_file(root_.shown(clean), "a directory");
            if (!S_ISREG(facts.st_mode)) throw not_a_file(root_.shown(clean), "a pipe, socket or device");
        }
        file = root_.open(clean, options.mode == Mode::truncate ? kFlags | O_TRUNC : kFlags, 0666);
    }
    if (!file || (!is_new && ::fstat(file.get(), &facts) != 0))
        throw error_of(errno, "Writing", root_.shown(clean));
    if (options.mode != Mode::at) options.offset = 0;
    if (options.mode == Mode::append) options.offset = static_cast<std::uint64_t>(facts.st_size);
    co_return local::write_stream(std::move(file), root_.shown(clean), options);
}

awaitable<void> LocalFileSystem::rename(std::string_view from, std::string_view to, bool replace) {
    const std::string from_path(from), to_path(to);
    const auto [from_directory, from_name] = root_.parent(from_path);
    local::Descriptor other_directory;
    const bool same = path::parent(path::confine(from_path)) == path::parent(path::confine(to_path));
    const auto to_name = std::string(path::name(path::confine(to_path)));
    if (to_name.find('\0') != std::string::npos) throw error_of(EINVAL, "Naming", to_path);
    if (!same) other_directory = root_.parent(to_path).first;
    const auto& to_directory = same ? from_directory : other_directory;
    if (replace) refuse_special(to_directory, to_name, root_.shown(to_path));
    const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
    auto failed =
        ::renameat2(from_directory.get(), from_name.c_str(), to_directory.get(), to_name.c_str(), flags) != 0;
    if (failed && errno == EINVAL && !replace) {  // a file system without RENAME_NOREPLACE
        failed = ::faccessat(to_directory.get(), to_name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        errno = EEXIST;
        if (!failed)
            failed =
                ::renameat(from_directory.get(), from_name.c_str(), to_directory.get(), to_name.c_str()) != 0;
    }
    if (!failed) co_return;
    if (errno == EXDEV)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("'{}' and '{}' are on different disks, so one cannot be renamed to the other.", from,
                        to))
            .on(to_path);
    if (errno == EISDIR || errno == ENOTEMPTY || errno == ENOTDIR)
        throw error_of(EEXIST, "Renaming", root_.shown(to_path));
    throw error_of(errno, "Renaming", root_.shown(errno == EEXIST ? to_path : from_path));
}

awaitable<void> LocalFileSystem::remove(std::string_view path) {
    const auto [directory, name] = root_.parent(std::string(path));
    if (::unlinkat(directory.get(), name.c_str(), 0) != 0)
        throw error_of(errno, "Removing", root_.shown(path));
    co_return;
}

awaitable<void> LocalFileSystem::make_directory(std::string_view path) {
    if (root_.is_top(path::confine(path))) throw error_of(EEXIST, "Making the directory", root_.shown(path));
    const auto [directory, name] = root_.parent(std::string(path));
    if (::mkdirat(directory.get(), name.c_str(), 0777) != 0)
        throw error_of(errno, "Making the directory", root_.shown(path));
    co_return;
}

awaitable<void> LocalFileSystem::make_link(std::string_view path, std::string_view target) {
    const auto [directory, name] = root_.parent(std::string(path));
    if (::symlinkat(std::string(target).c_str(), directory.get(), name.c_str()) != 0)
        throw error_of(errno, "Making the link", root_.shown(path));
    co_return;
}

awaitable<void> LocalFileSystem::remove_directory(std::string_view path) {
    const auto [directory, name] = root_.parent(std::string(path));
    if (::unlinkat(directory.get(), name.c_str(), AT_REMOVEDIR) == 0) co_return;
    if (errno == ENOTDIR)
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a directory.", path))
            .on(std::string(path));
    throw error_of(errno == EEXIST ? ENOTEMPTY : errno, "Removing the directory", root_.shown(path));
}

awaitable<void> LocalFileSystem::set_modified(std::string_view path, Time time) {
    const auto [directory, name] = root_.parent(std::string(path));
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::nanoseconds(time - whole);
    const timespec times[2] = {{0, UTIME_OMIT}, {whole.time_since_epoch().count(), rest.count()}};
    if (::utimensat(directory.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
        throw error_of(errno, "Setting the time of", root_.shown(path));
    co_return;
}

awaitable<void> LocalFileSystem::set_mode(std::string_view path, std::uint32_t mode) {
    const auto clean = path::confine(path);
    // By way of /proc, because fchmod does not take a descriptor that was opened without reading.
    const auto opened = root_.open(clean, O_PATH);
    if (!opened || ::chmod(fmt::format("/proc/self/fd/{}", opened.get()).c_str(), mode & 07777) != 0)
        throw error_of(errno, "Setting the permissions of", root_.shown(clean));
    co_return;
}

awaitable<void> LocalFileSystem::sync(std::vector<std::string> paths) {
    if (paths.empty()) co_return;
    std::function<void()> work = [&] { sync_all(root_, paths); };
    co_await run_blocking(std::move(work));
}

awaitable<std::string> LocalFileSystem::checksum(std::string_view path, ChecksumAlgorithm algorithm) {
    const auto clean = path::confine(path);
    const auto file = open_file(root_, clean);
    co_return co_await run_blocking([&] {
        Digest digest(algorithm);
        const PageBuffer piece(kDigestPiece);
        for (;;) {
            const auto got = ::read(file.get(), piece.get(), kDigestPiece);
            if (got < 0) throw error_of(errno, "Reading", root_.shown(clean));
            if (got == 0) return digest.finish();
            digest.add({piece.get(), static_cast<std::size_t>(got)});
        }
    });
}

awaitable<RawReply> LocalFileSystem::raw_command(std::string_view) {
    throw Error(ErrorCode::unsupported, "The files of this machine take no raw commands.");
    co_return RawReply{};
}

awaitable<void> LocalFileSystem::ping() {
    co_return;
}
awaitable<void> LocalFileSystem::close() {
    co_return;
}

std::unique_ptr<FileSystem> open_local(std::string_view root) {
    return std::make_unique<LocalFileSystem>(root);
}

std::unique_ptr<FileSystem> open_local_folder(std::string_view folder) {
    return std::make_unique<LocalFileSystem>(folder, true);
}

}  // namespace fairlead
