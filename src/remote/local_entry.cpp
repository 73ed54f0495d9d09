#include "remote/local_entry.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <vector>

#include "base/blocking.hpp"
#include "base/path.hpp"

namespace fairlead::local {
namespace {

constexpr std::size_t kBatch = 512;

EntryType type_of(mode_t mode) {
    if (S_ISREG(mode)) return EntryType::file;
    if (S_ISDIR(mode)) return EntryType::directory;
    if (S_ISLNK(mode)) return EntryType::symlink;
    return EntryType::other;
}

class LocalListing final : public Listing {
  public:
    LocalListing(Descriptor directory, std::string path, std::string shown)
        : path_(std::move(path)),
          shown_(std::move(shown)),
          directory_(::fdopendir(directory.get()), &::closedir) {
        if (!directory_) throw error_of(errno, "Listing", shown_);
        directory.release();
    }

    awaitable<std::vector<Entry>> next() override {
        co_return co_await run_blocking([this] { return read_batch(); });
    }

  private:
    std::vector<Entry> read_batch() {
        std::vector<Entry> batch;
        while (batch.size() < kBatch) {
            errno = 0;
            const auto* item = ::readdir(directory_.get());
            if (item == nullptr && errno != 0) throw error_of(errno, "Listing", shown_);
            if (item == nullptr) break;
            const std::string name = item->d_name;
            if (name == "." || name == "..") continue;
            Entry entry;
            const auto reason = describe(::dirfd(directory_.get()), name, names_, entry);
            if (reason == ENOENT) continue;  // removed since it was listed
            if (reason != 0) throw error_of(reason, "Listing", path::join(shown_, name));
            entry.name = name;
            entry.path = path::join(path_, name);
            batch.push_back(std::move(entry));
        }
        return batch;
    }

    std::string path_;
    std::string shown_;
    std::unique_ptr<DIR, int (*)(DIR*)> directory_;
    Names names_;  // used on whichever thread reads the batch; one batch at a time
};

}  // namespace

const std::string& Names::user(unsigned id) {
    const auto [found, is_new] = users_.try_emplace(id, fmt::format("{}", id));
    if (is_new) {
        std::array<char, 4096> buffer{};
        passwd record{};
        passwd* answer = nullptr;
        if (::getpwuid_r(id, &record, buffer.data(), buffer.size(), &answer) == 0 && answer != nullptr)
            found->second = record.pw_name;
    }
    return found->second;
}

const std::string& Names::group(unsigned id) {
    const auto [found, is_new] = groups_.try_emplace(id, fmt::format("{}", id));
    if (is_new) {
        std::array<char, 65536> buffer{};  // holds all members too
        ::group record{};
        ::group* answer = nullptr;
        if (::getgrgid_r(id, &record, buffer.data(), buffer.size(), &answer) == 0 && answer != nullptr)
            found->second = record.gr_name;
    }
    return found->second;
}

int describe(int directory, const std::string& name, Names& names, Entry& entry) {
    struct stat facts {};
    if (::fstatat(directory, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) return errno;
    entry.type = type_of(facts.st_mode);
    if (entry.type == EntryType::file) entry.size = static_cast<std::uint64_t>(facts.st_size);
    entry.modified =
        Time(std::chrono::milliseconds(facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000));
    entry.modified_precision = TimePrecision::millisecond;
    entry.mode = facts.st_mode & 07777;
    entry.owner = names.user(facts.st_uid);
    entry.group = names.group(facts.st_gid);
    if (entry.type == EntryType::symlink) {
        std::array<char, PATH_MAX> target{};
        const auto length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
        if (length >= 0) entry.target.emplace(target.data(), static_cast<std::size_t>(length));
    }
    return 0;
}

std::unique_ptr<Listing> listing(Descriptor directory, std::string path, std::string shown) {
    return std::make_unique<LocalListing>(std::move(directory), std::move(path), std::move(shown));
}

}  // namespace fairlead::local
