#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"

namespace fairlead {

struct MemoryNode;

/// The files that MemoryFileSystem sessions share. The direct access below is for arranging and looking,
/// without coroutines; it throws the same errors as the interface.
class MemoryStore {
  public:
    MemoryStore();
    ~MemoryStore();
    MemoryStore(const MemoryStore&) = delete;
    MemoryStore& operator=(const MemoryStore&) = delete;

    /// Puts a file there (replacing one), with its parent directories.
    void put(std::string_view path, std::string_view content, std::optional<Time> modified = std::nullopt);
    void make_directories(std::string_view path);
    /// A symbolic link to `target`, absolute or beside the link; it may point nowhere.
    void link(std::string_view path, std::string_view target);
    /// The content of a file; absent when there is none.
    std::optional<std::string> get(std::string_view path) const;

    /// Bytes of all files together that still fit; writing beyond it is no_space.
    std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();

  private:
    friend class MemoryFileSystem;
    friend class MemoryWriteStream;
    std::shared_ptr<MemoryNode> root_;
    std::uint64_t used_ = 0;
};

/// A complete file system in memory: the plainest reading of the FileSystem contract, which the others are
/// compared with. Honours the abilities it is given, so that generic code can be tried against a server that
/// lacks one of them.
class MemoryFileSystem final : public FileSystem {
  public:
    static Abilities all_abilities();

    explicit MemoryFileSystem(std::shared_ptr<MemoryStore> store, Abilities abilities = all_abilities());

    const Abilities& abilities() const override { return abilities_; }
    const PeerInfo& peer() const override { return peer_; }
    awaitable<Entry> stat(std::string_view path) override;
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override;
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override;
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override;
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override;
    awaitable<void> remove(std::string_view path) override;
    awaitable<void> make_directory(std::string_view path) override;
    awaitable<void> remove_directory(std::string_view path) override;
    awaitable<void> make_link(std::string_view path, std::string_view target) override;
    awaitable<void> set_modified(std::string_view path, Time time) override;
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override;
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override;
    awaitable<RawReply> raw_command(std::string_view command) override;
    awaitable<void> ping() override;
    awaitable<void> close() override;

  private:
    std::shared_ptr<MemoryStore> store_;
    Abilities abilities_;
    PeerInfo peer_;
};

}  // namespace fairlead
