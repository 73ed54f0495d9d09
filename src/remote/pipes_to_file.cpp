#include "remote/pipes_to_file.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <vector>

namespace fairlead::local {
namespace {
namespace asio = boost::asio;
constexpr int kPipeSize = 1024 * 1024;  // what an unprivileged process may have by default
}  // namespace

PipesToFile::PipesToFile(int file, std::uint64_t offset, std::string path)
    : file_(file),
      path_(std::move(path)),
      at_(static_cast<std::int64_t>(offset)),
      written_back_(at_),
      emptied_(::eventfd(kPipes, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) {
    if (!emptied_) throw error_of(errno, "Making pipes to", path_);
    for (auto& pipe : pipes_) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
            throw error_of(errno, "Making pipes to", path_);
        pipe.outlet = Descriptor(ends[0]);
        pipe.intake = Descriptor(ends[1]);
        ::fcntl(pipe.intake.get(), F_SETPIPE_SZ, kPipeSize);  // smaller is only slower
    }
    thread_ = std::thread([this] { run(); });
}

PipesToFile::~PipesToFile() {
    stop();
}

awaitable<int> PipesToFile::take() {
    hand_over();
    std::uint64_t one = 0;
    while (::read(emptied_.get(), &one, sizeof one) < 0) {
        // The disk is slower than the network. It is not given a deadline: it always comes to an end.
        asio::posix::stream_descriptor waiting(co_await asio::this_coro::executor,
                                               ::fcntl(emptied_.get(), F_DUPFD_CLOEXEC, 0));
        co_await waiting.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    }
    throw_failure();
    holding_ = true;
    co_return pipes_[taken_++ % kPipes].intake.get();
}

void PipesToFile::finish() {
    hand_over();
    stop();
    throw_failure();
}

void PipesToFile::hand_over() {
    if (std::exchange(holding_, false)) filled_.release();
}

void PipesToFile::stop() noexcept {
    if (!thread_.joinable()) return;
    stopping_ = true;
    filled_.release();
    thread_.join();
}

void PipesToFile::throw_failure() const {
    if (const int reason = failure_; reason != 0) throw error_of(reason, "Writing", path_);
}

void PipesToFile::run() noexcept {
    // Signals are for the thread that runs the loop.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (std::size_t next = 0;; ++next) {
        filled_.acquire();
        // Stopping releases once more than there are pipes to empty; an empty one is emptied at once.
        const bool last = stopping_ && !filled_.try_acquire();
        if (stopping_ && !last) filled_.release();
        const auto reason = failure_ == 0 ? empty(pipes_[next % kPipes]) : 0;
        if (reason != 0) failure_ = reason;
        if (last) return;
        if (at_ - written_back_ >= static_cast<std::int64_t>(kWriteBack)) {
            ::sync_file_range(file_, written_back_, at_ - written_back_, SYNC_FILE_RANGE_WRITE);
            written_back_ = at_;
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto told = ::write(emptied_.get(), &one, sizeof one);
    }
}

/// Gives errno, or 0 when the pipe is empty.
int PipesToFile::empty(const Pipe& pipe) noexcept {
    for (;;) {
        if (!can_splice_) return copy(pipe);
        const auto moved =
            ::splice(pipe.outlet.get(), nullptr, file_, &at_, kPipeSize, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved > 0 || (moved < 0 && errno == EINTR)) continue;
        if (moved == 0 || errno == EAGAIN) return 0;
        if (errno != EINVAL) return errno;
        can_splice_ = false;  // a file system that cannot be spliced to
    }
}

int PipesToFile::copy(const Pipe& pipe) noexcept {
    std::vector<std::byte> buffer(64 * 1024);
    for (;;) {
        const auto got = ::read(pipe.outlet.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0 || errno == EAGAIN ? 0 : errno;
        for (ssize_t done = 0; done < got;) {
            const auto wrote =
                ::pwrite(file_, buffer.data() + done, static_cast<std::size_t>(got - done), at_);
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return errno;
            done += wrote;
            at_ += wrote;
        }
    }
}

}  // namespace fairlead::local
