#pragma once

#include "fairlead/open.hpp"
#include "remote/local_entry.hpp"
#include "remote/local_path.hpp"

namespace fairlead {

/// The files of this machine below a directory. Paths cannot leave it, neither by ".." nor through a symbolic
/// link (see local::Root); pipes and devices are listed but never opened, because that may block or do
/// things.
///
/// What only touches memory (page cache, directory cache) is done inline; what waits for the disk (sync,
/// directory walks, checksums) runs on other threads and comes back.
class LocalFileSystem final : public FileSystem {
  public:
    /// Throws not_found when there is no such directory. `whole_paths`: see local::Root.
    explicit LocalFileSystem(std::string_view root, bool whole_paths = false);

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
    awaitable<void> sync(std::vector<std::string> paths) override;
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override;
    awaitable<RawReply> raw_command(std::string_view command) override;
    awaitable<void> ping() override;
    awaitable<void> close() override;

  private:
    local::Root root_;
    local::Names names_;
    Abilities abilities_;
    PeerInfo peer_;
};

/// The folder and what is below it, by their paths on this machine, with nothing leading out of it: for
/// writing files whose names come from elsewhere.
std::unique_ptr<FileSystem> open_local_folder(std::string_view folder);

}  // namespace fairlead
