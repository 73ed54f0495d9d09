#pragma once

#include <string>

#include "fairlead/file_system.hpp"

namespace fairlead {

/// A place that is made for one file to be read from it: all else is refused. What derives from it says how the file is
/// opened.
class OneFile : public FileSystem {
  public:
    /// `refusal`: the sentence for all else.
    explicit OneFile(std::string refusal) : refusal_(std::move(refusal)) {}

    const Abilities& abilities() const override { return abilities_; }
    const PeerInfo& peer() const override { return peer_; }
    awaitable<Entry> stat(std::string_view path) override;
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override;
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override;
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override;
    awaitable<void> remove(std::string_view path) override;
    awaitable<void> make_directory(std::string_view path) override;
    awaitable<void> remove_directory(std::string_view path) override;
    awaitable<void> set_modified(std::string_view path, Time time) override;
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override;
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override;
    awaitable<RawReply> raw_command(std::string_view command) override;
    awaitable<void> ping() override;
    awaitable<void> close() override;

  protected:
    [[noreturn]] void refuse() const;
    Abilities abilities_;

  private:
    template <class T>
    awaitable<T> refused(ErrorCode code = ErrorCode::unsupported) const;

    std::string refusal_;
    PeerInfo peer_;
};

}  // namespace fairlead
