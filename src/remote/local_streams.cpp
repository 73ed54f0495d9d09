#include "remote/local_streams.hpp"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/blocking.hpp"
#include "remote/pipes_to_file.hpp"

namespace fairlead::local {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // larger pieces leave the CPU's cache
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
        if (buffer_.empty()) buffer_.resize(std::clamp<std::uint64_t>(size_, 4096, kPiece));
        const auto got = ::pread(file_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(at_));
        if (got < 0) throw error_of(errno, "Reading", path_);
        at_ += static_cast<std::uint64_t>(got);
        co_return std::span<const std::byte>(buffer_.data(), static_cast<std::size_t>(got));
    }
    std::optional<std::uint64_t> announced_size() const override { return size_; }
    int descriptor() const noexcept override { return file_.get(); }
    awaitable<void> close() override {
        file_.close();
        co_return;
    }

  private:
    Descriptor file_;
    std::string path_;
    std::uint64_t at_;
    std::uint64_t size_ = 0;
    std::vector<std::byte> buffer_;
};

class LocalWriteStream final : public WriteStream {
  public:
    LocalWriteStream(Descriptor file, std::string path, const WriteOptions& options)
        : file_(std::move(file)),
          path_(std::move(path)),
          at_(options.offset),
          written_back_(options.offset),
          large_(options.expected_size.value_or(0) >= kWorthAThread),
          durable_(options.durable) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const auto done = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at_));
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) throw error_of(errno, "Writing", path_);
            at_ += static_cast<std::uint64_t>(done);
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        }
        begin_write_back();
        co_return;
    }
    awaitable<int> take_pipe() override {
        if (!large_) co_return -1;
        if (!pipes_) pipes_ = std::make_unique<PipesToFile>(file_.get(), at_, path_);
        co_return co_await pipes_->take();
    }
    awaitable<void> finish() override {
        if (durable_ || pipes_) {
            std::function<void()> settle = [this] {
                if (pipes_) pipes_->finish();
                if (durable_ && ::fsync(file_.get()) != 0) throw error_of(errno, "Writing", path_);
            };
            co_await run_blocking(std::move(settle));
        }
        if (const auto reason = file_.close(); reason != 0) throw error_of(reason, "Writing", path_);
    }
    awaitable<void> abort() override {
        pipes_.reset();
        file_.close();
        co_return;
    }

  private:
    void begin_write_back() noexcept {
        if (at_ - written_back_ < kWriteBack) return;
        ::sync_file_range(file_.get(), static_cast<off_t>(written_back_),
                          static_cast<off_t>(at_ - written_back_), SYNC_FILE_RANGE_WRITE);
        written_back_ = at_;
    }

    Descriptor file_;
    std::string path_;
    std::uint64_t at_;
    std::uint64_t written_back_;
    bool large_;
    bool durable_;
    std::unique_ptr<PipesToFile> pipes_;  // last, so that its thread ends before the file closes
};

}  // namespace

std::unique_ptr<ReadStream> read_stream(Descriptor file, std::string path, std::uint64_t offset) {
    return std::make_unique<LocalReadStream>(std::move(file), std::move(path), offset);
}

std::unique_ptr<WriteStream> write_stream(Descriptor file, std::string path, const WriteOptions& options) {
    return std::make_unique<LocalWriteStream>(std::move(file), std::move(path), options);
}

}  // namespace fairlead::local
