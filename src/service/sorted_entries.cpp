#include "service/sorted_entries.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "base/blocking.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

constexpr std::size_t kRead = 16 * 1024;  // of each part while they are merged

[[noreturn]] void throw_failure(std::string_view doing, int reason) {
    throw Error(reason == ENOSPC || reason == EDQUOT ? ErrorCode::no_space : ErrorCode::internal,
                fmt::format("The listing could not be put in order: {} a temporary file failed: {}.", doing,
                            std::strerror(reason)))
        .hinting("set $TMPDIR to a folder with more room, or list without sorting");
}

/// A file that nobody else sees, and that goes with its descriptor.
int nameless_file() {
    const char* chosen = std::getenv("TMPDIR");
    const std::string folder = chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
    int file = ::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    auto name = folder + "/fairlead-XXXXXX";  // a file system that has no O_TMPFILE
    file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) throw_failure("making", errno);
    ::unlink(name.c_str());
    return file;
}

/// The fields one after the other; never read by another process than the one that wrote them.
class Writer {
  public:
    explicit Writer(std::string& bytes) : bytes_(bytes) {}
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void operator()(const T& value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void operator()(const std::string& text) {
        (*this)(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    template <class T>
    void operator()(const std::optional<T>& value) {
        (*this)(value.has_value());
        if (value) (*this)(*value);
    }

  private:
    std::string& bytes_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void operator()(T& value) {
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_.remove_prefix(sizeof value);
    }
    void operator()(std::string& text) {
        std::uint32_t size = 0;
        (*this)(size);
        text = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
    }
    template <class T>
    void operator()(std::optional<T>& value) {
        bool has = false;
        (*this)(has);
        value.reset();
        if (has) (*this)(value.emplace());
    }

  private:
    std::string_view bytes_;
};

template <class SomeEntry, class Visitor>
void for_each_fact(SomeEntry& entry, Visitor visit) {
    auto& [name, path, type, size, modified, precision, mode, owner, group, target] = entry;
    visit(name);
    visit(path);
    visit(type);
    visit(size);
    visit(modified);
    visit(precision);
    visit(mode);
    visit(owner);
    visit(group);
    visit(target);
}

void append(std::string& bytes, const Entry& entry) {
    const auto start = bytes.size();
    Writer writer(bytes);
    writer(std::uint32_t{0});
    for_each_fact(entry, [&](const auto& fact) { writer(fact); });
    const auto size = static_cast<std::uint32_t>(bytes.size() - start - sizeof(std::uint32_t));
    std::memcpy(bytes.data() + start, &size, sizeof size);
}

}  // namespace

SortedEntries::SortedEntries(std::vector<SortKey> sort, std::size_t most_held)
    : sort_(std::move(sort)), most_held_(most_held) {}

SortedEntries::~SortedEntries() {
    if (file_ >= 0) ::close(file_);
}

awaitable<void> SortedEntries::add(Entry entry) {
    held_.push_back(std::move(entry));
    if (held_.size() >= most_held_) co_await put_aside();
}

awaitable<void> SortedEntries::put_aside() {
    std::function<void()> work = [this] {
        std::ranges::sort(held_, [this](const Entry& a, const Entry& b) { return comes_before(a, b, sort_); });
        if (file_ < 0) file_ = nameless_file();
        Part part;
        part.at = size_;
        std::string bytes;
        for (const auto& entry : held_) {
            append(bytes, entry);
            if (bytes.size() < 4 * kRead) continue;
            write(bytes);
            bytes.clear();
        }
        write(bytes);
        part.end = size_;
        parts_.push_back(std::move(part));
        held_.clear();
    };
    co_await run_blocking(std::move(work));
}

void SortedEntries::write(const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const auto wrote = ::pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) throw_failure("writing to", wrote < 0 ? errno : ENOSPC);
        done += static_cast<std::size_t>(wrote);
        size_ += static_cast<std::uint64_t>(wrote);
    }
}

bool SortedEntries::next(Part& part) const {
    std::uint32_t size = 0;
    const auto have = [&](std::size_t wanted) {
        while (part.bytes.size() - part.place < wanted && part.at < part.end) {
            part.bytes.erase(0, part.place);
            part.place = 0;
            const auto old = part.bytes.size();
            part.bytes.resize(old + std::min<std::uint64_t>(std::max(kRead, wanted), part.end - part.at));
            const auto got = ::pread(file_, part.bytes.data() + old, part.bytes.size() - old, static_cast<off_t>(part.at));
            if (got <= 0 && errno != EINTR) throw_failure("reading", got < 0 ? errno : EIO);
            part.bytes.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            part.at += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
        }
        return part.bytes.size() - part.place >= wanted;
    };
    if (!have(sizeof size)) return false;
    std::memcpy(&size, part.bytes.data() + part.place, sizeof size);
    if (!have(sizeof size + size)) return false;
    Reader reader(std::string_view(part.bytes).substr(part.place + sizeof size, size));
    for_each_fact(part.entry, [&](auto& fact) { reader(fact); });
    part.place += sizeof size + size;
    return true;
}

awaitable<void> SortedEntries::give(std::function<awaitable<void>(const Entry&)> visit) {
    const auto before = [this](const Entry& a, const Entry& b) { return comes_before(a, b, sort_); };
    if (!parts_.empty() && !held_.empty()) co_await put_aside();
    std::ranges::sort(held_, before);
    for (const auto& entry : held_)
        co_await visit(entry);
    if (parts_.empty()) co_return;
    // The part whose entry comes first is on top. A part's next bytes were written a moment ago, and are read in small
    // pieces: that is no wait to speak of.
    std::vector<Part*> heap;
    for (auto& part : parts_)
        if (next(part)) heap.push_back(&part);
    const auto later = [&](const Part* a, const Part* b) { return before(b->entry, a->entry); };
    std::ranges::make_heap(heap, later);
    while (!heap.empty()) {
        std::ranges::pop_heap(heap, later);
        auto& part = *heap.back();
        co_await visit(part.entry);
        if (next(part))
            std::ranges::push_heap(heap, later);
        else
            heap.pop_back();
    }
}

}  // namespace fairlead::service
