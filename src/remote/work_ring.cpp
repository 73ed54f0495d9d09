#include "remote/work_ring.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace fairlead::local {
namespace asio = boost::asio;

WorkRing::WorkRing(std::size_t slots, std::function<void(std::size_t)> work)
    : slots_(slots), work_(std::move(work)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw error_of(errno, "Working beside the network", "eventfd");
    try {
        thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
        throw error_of(error.code().value(), "Working beside the network", "thread");
    }
}

WorkRing::~WorkRing() {
    finish();
}

awaitable<std::size_t> WorkRing::take() {
    while (!has_one()) {
        loop_waits_ = true;
        if (has_one()) break;
        if (!waking_)
            waking_.emplace(co_await asio::this_coro::executor, ::fcntl(wake_.get(), F_DUPFD_CLOEXEC, 0));
        co_await waking_->async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        std::uint64_t count = 0;
        [[maybe_unused]] const auto reset = ::read(wake_.get(), &count, sizeof count);
    }
    loop_waits_ = false;
    co_return taken_++ % slots_;
}

void WorkRing::hand_over() {
    ++handed_;
    work_waits_.release();
}

void WorkRing::finish() noexcept {
    if (!thread_.joinable()) return;
    stopping_ = true;
    work_waits_.release();
    thread_.join();
}

void WorkRing::run() noexcept {
    // Signals are for the thread that runs the loop.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (std::size_t next = 0;; ++next) {
        work_waits_.acquire();
        if (stopping_ && next == handed_) return;
        work_(next % slots_);
        ++done_;
        if (!loop_waits_.exchange(false)) continue;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto told = ::write(wake_.get(), &one, sizeof one);
    }
}

}  // namespace fairlead::local
