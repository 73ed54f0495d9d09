#include "transfer/journal_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "fairlead/error.hpp"
#include "transfer/names.hpp"
#include "transfer/segments.hpp"

namespace fairlead::transfer {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kSuffix = ".journal";
constexpr std::string_view kReserved = ".name";
constexpr std::string_view kUnnamed = ".new";  // until it has its name
constexpr unsigned kMostTries = 20;
constexpr std::string_view kHeader = "{\"fairlead\":\"transfers\",\"version\":1}\n";

[[noreturn]] void fail(std::string_view doing, const std::string& path, int reason) {
    const bool full = reason == ENOSPC || reason == EDQUOT;
    throw Error(full ? ErrorCode::no_space : ErrorCode::permission_denied,
                fmt::format("{} {} failed: {}.", doing, path, std::strerror(reason)));
}

void write_all(int descriptor, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto done = ::write(descriptor, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) fail("Writing the journal", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
}

/// What a journal says is acted on, so nobody else may write one.
bool is_ours_alone(const std::string& directory) {
    struct stat facts {};
    return ::stat(directory.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && (facts.st_mode & 022) == 0 &&
           (facts.st_uid == ::geteuid() || facts.st_uid == 0);
}

void make_directory(const std::string& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno == ENOENT) {
        std::error_code problem;
        const auto parent = fs::path(directory).parent_path();
        fs::create_directories(parent.parent_path(), problem);
        if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) fail("Making", parent.string(), errno);
        if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) fail("Making", directory, errno);
    }
    if (!is_ours_alone(directory)) fail("Using", directory, EPERM);
}

/// A locked file that has no name yet by which a journal is found. -1: in the moment before it was locked
/// somebody who tidies up took it for one whose maker had died.
int make_locked(const std::string& path, std::string_view lines) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) fail("Making the journal", path, errno);
    try {
        if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) fail("Locking the journal", path, errno);
            ::close(descriptor);
            return -1;
        }
        write_all(descriptor, lines, path);
    } catch (...) {
        ::close(descriptor);
        ::unlink(path.c_str());
        throw;
    }
    return descriptor;
}

std::string read_all(int descriptor) {
    std::string content;
    char buffer[64 * 1024];
    for (off_t at = 0;;) {
        const auto got = ::pread(descriptor, buffer, sizeof buffer, at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return content;
        content.append(buffer, static_cast<std::size_t>(got));
        at += got;
    }
}

}  // namespace

JournalFile::JournalFile(JournalFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(std::exchange(other.size_, 0)) {}

JournalFile& JournalFile::operator=(JournalFile&& other) noexcept {
    if (this == &other) return *this;
    close();
    path_ = std::move(other.path_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

JournalFile JournalFile::make(const std::string& directory, std::string_view lines) {
    make_directory(directory);
    JournalFile file;
    file.path_ = fmt::format("{}/{}{}", directory, unguessable(), kSuffix);
    file.replace(lines);
    return file;
}

JournalFile JournalFile::take(const std::string& path) {
    JournalFile file;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return file;
    struct stat opened {
    }, named{};
    const bool ours = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor, &opened) == 0 &&
                      S_ISREG(opened.st_mode) && ::stat(path.c_str(), &named) == 0 &&
                      named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
    if (!ours) {
        ::close(descriptor);
        return file;
    }
    file.path_ = path;
    file.descriptor_ = descriptor;
    file.size_ = static_cast<std::size_t>(opened.st_size);
    return file;
}

JournalFile JournalFile::reserve(const std::string& directory, const std::string& name) {
    make_directory(directory);
    const auto path = fmt::format("{}/{}{}", directory, name, kReserved);
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made < 0) fail("Making", path, errno);
    auto file = take(path);
    ::close(made);
    return file;
}

std::vector<std::string> JournalFile::all_in(const std::string& directory) {
    std::vector<std::string> found;
    if (!is_ours_alone(directory)) return found;
    std::error_code problem;
    for (fs::directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        const auto& path = at->path();
        if (path.extension() == kSuffix)
            found.push_back(path.string());
        else if (path.extension() == kReserved || path.extension() == kUnnamed)
            take(path.string()).remove();  // if its owner has died
    }
    return found;
}

void JournalFile::append(std::string_view lines) {
    write_all(descriptor_, lines, path_);
    size_ += lines.size();
}

void JournalFile::replace(std::string_view lines) {
    const auto content = fmt::format("{}{}", kHeader, lines);
    int descriptor = -1;
    for (unsigned tries = 1; descriptor < 0; ++tries) {
        const auto fresh = fmt::format("{}.{}{}", path_, tries, kUnnamed);
        descriptor = make_locked(fresh, content);
        if (descriptor >= 0 && ::rename(fresh.c_str(), path_.c_str()) == 0) break;
        const auto reason = descriptor < 0 ? EWOULDBLOCK : errno;
        if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
        // Tidied away before it was locked: once more.
        const bool gone = reason == EWOULDBLOCK || reason == ENOENT;
        if (!gone) ::unlink(fresh.c_str());
        if (!gone || tries == kMostTries) fail("Naming the journal", path_, reason);
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = descriptor;
    size_ = content.size();
}

std::vector<Unfinished> JournalFile::unfinished() const {
    std::map<std::uint64_t, Unfinished> open;
    const auto content = read_all(descriptor_);
    for (std::string_view rest = content; !rest.empty();) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) break;
        auto line = read_journal_line(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        if (!line) continue;
        auto& [kind, said] = *line;
        if (kind == JournalLine::Kind::begin) {
            open.insert_or_assign(said.number, std::move(said));
            continue;
        }
        const auto found = open.find(said.number);
        if (found == open.end()) continue;
        if (kind == JournalLine::Kind::end) {
            open.erase(found);
        } else if (kind == JournalLine::Kind::segments) {
            found->second.segments = std::move(said.segments);
            if (are_several(found->second.segments)) found->second.mode = Unfinished::Mode::segments;
        } else if (kind == JournalLine::Kind::aside) {
            found->second.aside = std::move(said.aside);
        } else if (kind == JournalLine::Kind::doomed) {
            found->second.state = Unfinished::State::doomed;
        } else {
            found->second.state = Unfinished::State::staged;
            found->second.staged_size = said.staged_size;
            found->second.checksum = std::move(said.checksum);
        }
    }
    std::vector<Unfinished> left;
    for (auto& [number, transfer] : open)
        left.push_back(std::move(transfer));
    return left;
}

std::function<void()> JournalFile::syncing() const {
    const int copy = descriptor_ < 0 ? -1 : ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return [] {};
    const std::shared_ptr<void> owner(nullptr, [copy](void*) { ::close(copy); });
    return [copy, owner, directory = fs::path(path_).parent_path().string()] {
        (void)::fdatasync(copy);
        const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (opened < 0) return;
        (void)::fsync(opened);
        ::close(opened);
    };
}

void JournalFile::remove() noexcept {
    if (descriptor_ >= 0) ::unlink(path_.c_str());
    close();
}

void JournalFile::close() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace fairlead::transfer
