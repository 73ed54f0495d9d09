#include "remote/memory_file_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/digest.hpp"
#include "base/path.hpp"

namespace fairlead {

struct MemoryNode {
    EntryType type = EntryType::file;
    std::string content;  ///< of a file; of a link, what it points to
    Time modified{};
    std::uint32_t mode = 0644;
    std::map<std::string, std::shared_ptr<MemoryNode>, std::less<>> children;
};

namespace {

using Node = std::shared_ptr<MemoryNode>;
constexpr std::size_t kReadPiece = 256 * 1024;
constexpr std::size_t kListingBatch = 100;
constexpr int kMostLinks = 40;  // as Linux has it

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Error not_found(std::string_view path) {
    return Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", path)).on(std::string(path));
}
Error already_exists(std::string_view path) {
    return Error(ErrorCode::already_exists, fmt::format("'{}' already exists.", path)).on(std::string(path));
}
Error wrong_kind(std::string_view path, std::string_view problem) {
    return Error(ErrorCode::invalid_argument, fmt::format("'{}' {}.", path, problem)).on(std::string(path));
}
Error unsupported(std::string_view what) {
    return Error(ErrorCode::unsupported, fmt::format("This file system cannot {}.", what));
}

Node make_node(EntryType type, std::string content = {}) {
    auto node = std::make_shared<MemoryNode>();
    node->type = type;
    node->content = std::move(content);
    node->modified = now();
    node->mode = type == EntryType::directory ? 0755 : type == EntryType::symlink ? 0777 : 0644;
    return node;
}

/// Follows `path` from the root; links on the way always, a link at the end with `follow_last`. Null: not
/// there.
Node find(const Node& root, std::string_view path, bool follow_last, int links = 0) {
    if (links > kMostLinks) return nullptr;
    auto node = root;
    std::string walked;
    const auto parts = path::parts(path);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (node->type != EntryType::directory) return nullptr;
        const auto child = node->children.find(parts[i]);
        if (child == node->children.end()) return nullptr;
        node = child->second;
        if (node->type == EntryType::symlink && (follow_last || i + 1 < parts.size())) {
            const auto target =
                node->content.starts_with('/') ? node->content : path::join(walked, node->content);
            node = find(root, path::confine(target), true, links + 1);
            if (!node) return nullptr;
        }
        walked += '/';
        walked += parts[i];
    }
    return node;
}

Node existing(const Node& root, std::string_view path, bool follow_last = true) {
    path::refuse_control_bytes(path, "path");
    auto node = find(root, path, follow_last);
    if (!node) throw not_found(path);
    return node;
}

/// The directory that holds, or will hold, `path`.
Node parent_of(const Node& root, std::string_view path) {
    path::refuse_control_bytes(path, "path");
    const auto clean = path::confine(path);
    if (clean == "/") throw wrong_kind(path, "is the root directory");
    auto parent = find(root, path::parent(clean), true);
    if (!parent || parent->type != EntryType::directory)
        throw Error(ErrorCode::not_found, fmt::format("The directory of '{}' does not exist.", path))
            .on(std::string(path));
    return parent;
}

std::string last_name(std::string_view path) {
    return std::string(path::name(path::confine(path)));
}

Entry entry_of(const MemoryNode& node, std::string path) {
    Entry entry;
    entry.name = path::name(path);
    entry.path = std::move(path);
    entry.type = node.type;
    if (node.type == EntryType::file) entry.size = node.content.size();
    if (node.type == EntryType::symlink) entry.target = node.content;
    entry.modified = node.modified;
    entry.modified_precision = TimePrecision::millisecond;
    entry.mode = node.mode;
    return entry;
}

class MemoryListing final : public Listing {
  public:
    MemoryListing(Node directory, std::string path)
        : directory_(std::move(directory)), path_(std::move(path)) {}

    awaitable<std::vector<Entry>> next() override {
        std::vector<Entry> batch;
        // By name and not by iterator: the directory may change between two batches.
        auto child = begun_ ? directory_->children.upper_bound(last_) : directory_->children.begin();
        for (; child != directory_->children.end() && batch.size() < kListingBatch; ++child)
            batch.push_back(entry_of(*child->second, path::join(path_, child->first)));
        if (!batch.empty()) last_ = batch.back().name;
        begun_ = true;
        co_return batch;
    }

  private:
    Node directory_;
    std::string path_;
    std::string last_;
    bool begun_ = false;
};

class MemoryReadStream final : public ReadStream {
  public:
    MemoryReadStream(Node file, std::uint64_t offset) : file_(std::move(file)), at_(offset) {}

    awaitable<std::span<const std::byte>> read() override {
        const auto& content = file_->content;
        const auto count = at_ < content.size() ? std::min(kReadPiece, content.size() - at_) : 0;
        piece_.assign(content, std::min<std::size_t>(at_, content.size()), count);
        at_ += count;
        co_return std::as_bytes(std::span(piece_));
    }
    std::optional<std::uint64_t> announced_size() const override { return file_->content.size(); }
    awaitable<void> close() override { co_return; }

  private:
    Node file_;
    std::size_t at_;
    std::string piece_;
};

}  // namespace

class MemoryWriteStream final : public WriteStream {
  public:
    MemoryWriteStream(std::shared_ptr<MemoryStore> store, Node file, std::size_t offset)
        : store_(std::move(store)), file_(std::move(file)), at_(offset) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        auto& content = file_->content;
        const auto end = at_ + bytes.size();
        const auto growth = end > content.size() ? end - content.size() : 0;
        if (growth > store_->capacity - std::min(store_->used_, store_->capacity))
            throw Error(ErrorCode::no_space, "The file system in memory is full.");
        store_->used_ += growth;
        if (growth != 0) content.resize(end);
        if (!bytes.empty()) std::memcpy(content.data() + at_, bytes.data(), bytes.size());
        at_ = end;
        co_return;
    }
    awaitable<void> finish() override {
        file_->modified = now();
        co_return;
    }
    awaitable<void> abort() override { co_return; }

  private:
    std::shared_ptr<MemoryStore> store_;
    Node file_;
    std::size_t at_;
};

MemoryStore::MemoryStore() : root_(make_node(EntryType::directory)) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::make_directories(std::string_view path) {
    auto node = root_;
    for (const auto part : path::parts(path)) {
        auto& child = node->children[std::string(part)];
        if (!child) child = make_node(EntryType::directory);
        if (child->type != EntryType::directory) throw already_exists(path);
        node = child;
    }
}

void MemoryStore::put(std::string_view path, std::string_view content, std::optional<Time> modified) {
    make_directories(path::parent(path));
    auto& node = parent_of(root_, path)->children[last_name(path)];
    if (node && node->type == EntryType::file) used_ -= node->content.size();
    node = make_node(EntryType::file, std::string(content));
    used_ += content.size();
    if (modified) node->modified = *modified;
}

void MemoryStore::link(std::string_view path, std::string_view target) {
    make_directories(path::parent(path));
    parent_of(root_, path)->children[last_name(path)] = make_node(EntryType::symlink, std::string(target));
}

std::optional<std::string> MemoryStore::get(std::string_view path) const {
    const auto node = find(root_, path, true);
    if (!node || node->type != EntryType::file) return std::nullopt;
    return node->content;
}

Abilities MemoryFileSystem::all_abilities() {
    Abilities all;
    all.resume_read = all.resume_write = all.append = true;
    all.atomic_replace = all.rename = true;
    all.machine_listing = all.utf8 = true;
    all.set_modified = all.set_mode = all.symlinks = all.make_links = all.sync = true;
    all.modified_precision = TimePrecision::millisecond;
    all.checksums = {ChecksumAlgorithm::sha256, ChecksumAlgorithm::crc32, ChecksumAlgorithm::md5};
    all.concurrent_operations = 64;
    return all;
}

MemoryFileSystem::MemoryFileSystem(std::shared_ptr<MemoryStore> store, Abilities abilities)
    : store_(std::move(store)), abilities_(std::move(abilities)) {
    peer_.server = "memory";
}

awaitable<Entry> MemoryFileSystem::stat(std::string_view path) {
    const auto node = existing(store_->root_, path, false);
    co_return entry_of(*node, path::confine(path));
}

awaitable<std::unique_ptr<Listing>> MemoryFileSystem::list(std::string_view path) {
    auto node = existing(store_->root_, path);
    if (node->type != EntryType::directory) throw wrong_kind(path, "is not a directory");
    co_return std::make_unique<MemoryListing>(std::move(node), path::confine(path));
}

awaitable<std::unique_ptr<ReadStream>> MemoryFileSystem::open_read(std::string_view path,
                                                                   ReadOptions options) {
    auto node = existing(store_->root_, path);
    if (node->type != EntryType::file) throw wrong_kind(path, "is a directory and cannot be read as a file");
    if (options.offset != 0 && !abilities_.resume_read) throw unsupported("read from an offset");
    if (options.text) throw unsupported("read in text mode");
    co_return std::make_unique<MemoryReadStream>(std::move(node), options.offset);
}

awaitable<std::unique_ptr<WriteStream>> MemoryFileSystem::open_write(std::string_view path,
                                                                     WriteOptions options) {
    using Mode = WriteOptions::Mode;
    const auto parent = parent_of(store_->root_, path);
    const auto node = find(store_->root_, path, true);
    if (node && node->type != EntryType::file) throw wrong_kind(path, "is a directory and cannot be written");
    if (node && options.mode == Mode::create) throw already_exists(path);
    if (options.mode == Mode::append && !abilities_.append) throw unsupported("append");
    if (options.mode == Mode::at && options.offset != 0 && !abilities_.resume_write)
        throw unsupported("write at an offset");
    if (options.text) throw unsupported("write in text mode");
    auto file = node ? node : make_node(EntryType::file);
    if (!node) parent->children[last_name(path)] = file;
    std::size_t offset = options.mode == Mode::append ? file->content.size() : 0;
    if (options.mode == Mode::at) offset = options.offset;
    if (options.mode == Mode::truncate) {
        store_->used_ -= file->content.size();
        file->content.clear();
    }
    co_return std::make_unique<MemoryWriteStream>(store_, std::move(file), offset);
}

awaitable<void> MemoryFileSystem::rename(std::string_view from, std::string_view to, bool replace) {
    if (!abilities_.rename) throw unsupported("rename");
    const auto node = existing(store_->root_, from, false);
    const auto target = find(store_->root_, to, false);
    const auto to_parent = parent_of(store_->root_, to);
    const auto old_path = path::confine(from), new_path = path::confine(to);
    if (old_path == new_path) co_return;
    if (new_path.starts_with(old_path + "/")) throw wrong_kind(from, "cannot be moved into itself");
    if (target) {
        if (!replace || !abilities_.atomic_replace) throw already_exists(to);
        if (target->type == EntryType::directory || node->type == EntryType::directory)
            throw already_exists(to);
        store_->used_ -= target->type == EntryType::file ? target->content.size() : 0;
    }
    to_parent->children[std::string(path::name(new_path))] = node;
    parent_of(store_->root_, from)->children.erase(std::string(path::name(old_path)));
}

awaitable<void> MemoryFileSystem::remove(std::string_view path) {
    const auto node = existing(store_->root_, path, false);
    if (node->type == EntryType::directory) throw wrong_kind(path, "is a directory; remove it as one");
    store_->used_ -= node->type == EntryType::file ? node->content.size() : 0;
    parent_of(store_->root_, path)->children.erase(last_name(path));
    co_return;
}

awaitable<void> MemoryFileSystem::make_directory(std::string_view path) {
    if (find(store_->root_, path, false)) throw already_exists(path);
    const auto parent = parent_of(store_->root_, path);
    parent->children[last_name(path)] = make_node(EntryType::directory);
    co_return;
}

awaitable<void> MemoryFileSystem::make_link(std::string_view path, std::string_view target) {
    if (find(store_->root_, path, false)) throw already_exists(path);
    const auto parent = parent_of(store_->root_, path);
    parent->children[last_name(path)] = make_node(EntryType::symlink, std::string(target));
    co_return;
}

awaitable<void> MemoryFileSystem::remove_directory(std::string_view path) {
    const auto node = existing(store_->root_, path, false);
    if (node->type != EntryType::directory) throw wrong_kind(path, "is not a directory");
    const auto parent = parent_of(store_->root_, path);
    if (!node->children.empty())
        throw Error(ErrorCode::not_empty, fmt::format("The directory '{}' is not empty.", path))
            .on(std::string(path));
    parent->children.erase(last_name(path));
    co_return;
}

awaitable<void> MemoryFileSystem::set_modified(std::string_view path, Time time) {
    if (!abilities_.set_modified) throw unsupported("set times");
    existing(store_->root_, path)->modified = time;
    co_return;
}

awaitable<void> MemoryFileSystem::set_mode(std::string_view path, std::uint32_t mode) {
    if (!abilities_.set_mode) throw unsupported("set permissions");
    existing(store_->root_, path)->mode = mode & 07777;
    co_return;
}

awaitable<std::string> MemoryFileSystem::checksum(std::string_view path, ChecksumAlgorithm algorithm) {
    const auto& offered = abilities_.checksums;
    if (std::find(offered.begin(), offered.end(), algorithm) == offered.end())
        throw unsupported(fmt::format("compute {}", to_string(algorithm)));
    const auto node = existing(store_->root_, path);
    if (node->type != EntryType::file) throw wrong_kind(path, "is not a file");
    Digest digest(algorithm);
    digest.add(std::as_bytes(std::span(node->content)));
    co_return digest.finish();
}

awaitable<RawReply> MemoryFileSystem::raw_command(std::string_view) {
    throw unsupported("take raw commands");
    co_return RawReply{};
}

awaitable<void> MemoryFileSystem::ping() {
    co_return;
}
awaitable<void> MemoryFileSystem::close() {
    co_return;
}

}  // namespace fairlead
