#include "remote/local_streams.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/blocking.hpp"
#include "base/page_buffer.hpp"
#include "remote/read_ahead.hpp"
#include "remote/write_behind.hpp"

namespace fairlead::local {
namespace {

constexpr std::uint64_t kWorthAThread = 8 * 1024 * 1024;

class LocalReadStream final : public ReadStream {
  public:
    LocalReadStream(Descriptor file, std::string path, std::uint64_t offset)
        : file_(std::move(file)), path_(std::move(path)), at_(offset) {
        struct stat facts {};
        if (::fstat(file_.get(), &facts) == 0) size_ = static_cast<std::uint64_t>(facts.st_size);
        ::posix_fadvise(file_.get(), static_cast<off_t>(offset), 0, POSIX_FADV_SEQUENTIAL);
    }

    awaitable<std::span<const std::byte>> read() override {
        if (!ahead_ && size_ >= at_ + kWorthAThread)
            ahead_ = std::make_unique<ReadAhead>(file_.get(), at_, path_);
        if (ahead_) co_return co_await ahead_->next();
        const auto room = std::clamp<std::uint64_t>(size_, 4096, kPiece);
        if (!buffer_) buffer_ = PageBuffer(room);
        const auto got = ::pread(file_.get(), buffer_.get(), room, static_cast<off_t>(at_));
        if (got < 0) throw error_of(errno, "Reading", path_);
        at_ += static_cast<std::uint64_t>(got);
        co_return std::span<const std::byte>(buffer_.get(), static_cast<std::size_t>(got));
    }
    std::optional<std::uint64_t> announced_size() const override { return size_; }
    int descriptor() const noexcept override { return file_.get(); }
    awaitable<void> close() override {
        ahead_.reset();
        file_.close();
        co_return;
    }

  private:
    Descriptor file_;
    std::string path_;
    std::uint64_t at_;
    std::uint64_t size_ = 0;
    PageBuffer buffer_;
    std::unique_ptr<ReadAhead> ahead_;  // last, so that its thread ends before the file closes
};

class LocalWriteStream final : public WriteStream {
  public:
    LocalWriteStream(Descriptor file, std::string path, const WriteOptions& options)
        : file_(std::move(file)),
          path_(std::move(path)),
          began_at_(options.offset),
          at_(options.offset),
          expected_(options.expected_size.value_or(0)),
          durable_(options.durable) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        if (!start_behind()) {
            write_here(bytes);
            co_return;
        }
        while (!bytes.empty()) {
            const auto room = co_await behind_->room();
            const auto part = std::min(room.size(), bytes.size());
            if (room.data() != bytes.data()) std::memcpy(room.data(), bytes.data(), part);
            behind_->filled(part);
            bytes = bytes.subspan(part);
        }
    }
    awaitable<std::span<std::byte>> room() override {
        if (!start_behind()) co_return std::span<std::byte>{};
        co_return co_await behind_->room();
    }
    awaitable<int> take_pipe() override {
        if (!start_behind()) co_return -1;
        co_return co_await behind_->take_pipe();
    }
    awaitable<void> finish() override {
        if (durable_ || behind_) {
            std::function<void()> settle = [this] {
                if (behind_) behind_->finish();
                if (durable_ && ::fsync(file_.get()) != 0) throw error_of(errno, "Writing", path_);
            };
            co_await run_blocking(std::move(settle));
        }
        struct stat facts {};
        if (::fstat(file_.get(), &facts) == 0) size_there_ = static_cast<std::uint64_t>(facts.st_size);
        if (const auto reason = file_.close(); reason != 0) throw error_of(reason, "Writing", path_);
    }
    std::optional<std::uint64_t> confirmed_size() const override { return size_there_; }
    awaitable<void> abort() override {
        behind_.reset();
        file_.close();
        co_return;
    }

  private:
    /// Whether the disk works beside: a thread is worth its while once much has come, or is known to come.
    bool start_behind() {
        if (behind_) return true;
        if (at_ - began_at_ + expected_ < kWorthAThread) return false;
        behind_ = std::make_unique<WriteBehind>(file_.get(), at_, path_, durable_);
        return true;
    }

    void write_here(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const auto done = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at_));
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) throw error_of(errno, "Writing", path_);
            at_ += static_cast<std::uint64_t>(done);
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        }
    }

    Descriptor file_;
    std::string path_;
    std::uint64_t began_at_;
    std::uint64_t at_;  // until the thread takes over
    std::uint64_t expected_;
    bool durable_;
    std::optional<std::uint64_t> size_there_;
    std::unique_ptr<WriteBehind> behind_;  // last, so that its thread ends before the file closes
};

}  // namespace

std::unique_ptr<ReadStream> read_stream(Descriptor file, std::string path, std::uint64_t offset) {
    return std::make_unique<LocalReadStream>(std::move(file), std::move(path), offset);
}

std::unique_ptr<WriteStream> write_stream(Descriptor file, std::string path, const WriteOptions& options) {
    return std::make_unique<LocalWriteStream>(std::move(file), std::move(path), options);
}

}  // namespace fairlead::local
