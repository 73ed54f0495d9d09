#include "cli/standard_streams.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/blocking.hpp"
#include "remote/one_file.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr int kPatience = 200;  // milliseconds between two looks at whether somebody pressed Ctrl-C

/// Whether the descriptor is ready before the patience ends. On another thread.
awaitable<bool> is_ready(int descriptor, short events) {
    co_return co_await run_blocking([=] {
        pollfd wanted{descriptor, events, 0};
        return ::poll(&wanted, 1, kPatience) != 0;
    });
}

class StandardOutput final : public WriteStream {
  public:
    awaitable<void> write(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const auto ready = co_await is_ready(STDOUT_FILENO, POLLOUT);
            if (!ready) continue;
            // A pipe that is ready takes PIPE_BUF bytes without waiting, and the wait for more is the
            // reader's own.
            const auto [done, reason] = co_await run_blocking([=] {
                const auto count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
                return std::pair(count, errno);
            });
            if (done < 0 && (reason == EINTR || reason == EAGAIN)) continue;
            if (done < 0 && reason == EPIPE)
                throw Error(ErrorCode::cancelled, "Nobody reads the standard output any more.");
            if (done < 0)
                throw Error(reason == ENOSPC ? ErrorCode::no_space : ErrorCode::internal,
                            fmt::format("Writing to standard output failed: {}.", std::strerror(reason)));
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        }
    }
    awaitable<void> finish() override { co_return; }
    awaitable<void> abort() override { co_return; }
};

class StandardInputStream final : public ReadStream {
  public:
    awaitable<std::span<const std::byte>> read() override {
        if (buffer_.empty()) buffer_.resize(kPiece);
        for (;;) {
            const auto ready = co_await is_ready(STDIN_FILENO, POLLIN);
            if (!ready) continue;
            const auto got = ::read(STDIN_FILENO, buffer_.data(), buffer_.size());
            if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (got < 0)
                throw Error(ErrorCode::internal,
                            fmt::format("Reading standard input failed: {}.", std::strerror(errno)));
            co_return std::span<const std::byte>(buffer_.data(), static_cast<std::size_t>(got));
        }
    }
    awaitable<void> close() override { co_return; }

  private:
    std::vector<std::byte> buffer_;
};

class StandardInput final : public OneFile {
  public:
    StandardInput() : OneFile("Standard input can only be read, once.") {}
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view, ReadOptions) override {
        co_return std::make_unique<StandardInputStream>();
    }
};

}  // namespace

std::unique_ptr<WriteStream> standard_output() {
    return std::make_unique<StandardOutput>();
}
std::shared_ptr<FileSystem> standard_input() {
    return std::make_shared<StandardInput>();
}

}  // namespace fairlead::cli
