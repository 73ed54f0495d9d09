#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "fairlead/file_system.hpp"

namespace fairlead::test {

/// A file system around another one that goes wrong where a test says so, as servers do.
class AwkwardFileSystem : public FileSystem {
  public:
    struct Script {
        static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
        std::uint64_t fail_read = kNever, end_read = kNever, stall_read = kNever;
        std::uint64_t fail_write = kNever, lose_written = kNever, flip_written = kNever;
        ErrorCode read_failure = ErrorCode::internal, write_failure = ErrorCode::internal;
        unsigned renames = 0, failing_rename = 0;
        ErrorCode rename_failure = ErrorCode::internal;
        std::function<void()> before_rename, after_read, before_write;
        bool stalled = false;
        bool broken = false;  ///< the session is gone: whatever is asked now fails
    };

    explicit AwkwardFileSystem(std::unique_ptr<FileSystem> inner) : inner_(std::move(inner)) {}

    void fail_read_after(std::uint64_t bytes, ErrorCode code) {
        script_->fail_read = bytes;
        script_->read_failure = code;
    }
    void end_read_after(std::uint64_t bytes) { script_->end_read = bytes; }  ///< as if the file were shorter
    void stall_read_after(std::uint64_t bytes) {
        script_->stall_read = bytes;
    }  ///< for ever, until cancelled
    bool stalled() const { return script_->stalled; }
    void after_read(std::function<void()> call) {
        script_->after_read = std::move(call);
    }  ///< after the first piece
    /// The session is lost with it when the code is connection_lost.
    void fail_write_after(std::uint64_t bytes, ErrorCode code) {
        script_->fail_write = bytes;
        script_->write_failure = code;
    }
    void lose_written_after(std::uint64_t bytes) { script_->lose_written = bytes; }
    void flip_written_byte(std::uint64_t offset) { script_->flip_written = offset; }
    void before_write(std::function<void()> call) {
        script_->before_write = std::move(call);
    }  ///< the first piece
    void fail_rename(unsigned which, ErrorCode code) {
        script_->failing_rename = which;
        script_->rename_failure = code;
    }
    void before_rename(std::function<void()> call) { script_->before_rename = std::move(call); }

    const Abilities& abilities() const override { return inner_->abilities(); }
    const PeerInfo& peer() const override { return inner_->peer(); }
    awaitable<Entry> stat(std::string_view path) override { return checked().stat(path); }
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override { return checked().list(path); }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override;
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override;
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override;
    awaitable<void> remove(std::string_view path) override;
    awaitable<void> make_directory(std::string_view path) override { return checked().make_directory(path); }
    awaitable<void> remove_directory(std::string_view path) override {
        return checked().remove_directory(path);
    }
    awaitable<void> make_link(std::string_view path, std::string_view target) override {
        return checked().make_link(path, target);
    }
    awaitable<void> set_modified(std::string_view path, Time time) override {
        return checked().set_modified(path, time);
    }
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override {
        return checked().set_mode(path, mode);
    }
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override {
        return checked().checksum(path, algorithm);
    }
    awaitable<RawReply> raw_command(std::string_view command) override {
        return checked().raw_command(command);
    }
    awaitable<void> ping() override { return checked().ping(); }
    bool has_ended() noexcept override { return inner_->has_ended(); }
    awaitable<void> close() override { return inner_->close(); }

  private:
    FileSystem& checked();
    std::unique_ptr<FileSystem> inner_;
    std::shared_ptr<Script> script_ = std::make_shared<Script>();
};

}  // namespace fairlead::test
