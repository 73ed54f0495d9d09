#include "sftp/ssh_session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "net/timed_socket.hpp"
#include "sftp/signal.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;
using asio::ip::tcp;

struct SshSession::Sleeper::State {
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool woken = false;

    void wake() noexcept {
        woken = true;
        timer.cancel();
    }
};

/// Outlives the session while a handler is under way.
struct SshSession::Waiter : std::enable_shared_from_this<Waiter> {
    explicit Waiter(tcp::socket socket_) : socket(std::move(socket_)) {}

    void arm(tcp::socket::wait_type what, bool& armed) {
        if (armed || !socket.is_open()) return;
        armed = true;
        socket.async_wait(what, [self = shared_from_this(), &armed](const auto&) {
            armed = false;
            self->wake_all_but(nullptr);
        });
    }

    void wake_all_but(const Sleeper::State* one) noexcept {
        for (const auto& sleeper : sleepers)
            if (sleeper.get() != one) sleeper->wake();
    }

    tcp::socket socket;
    std::vector<std::shared_ptr<Sleeper::State>> sleepers;
    bool reading = false;
    bool writing = false;
};

SshSession::Sleeper::Sleeper(SshSession& session)
    : waiter_(session.waiter_),
      reads_(session.reads_),
      state_(std::make_shared<State>(session.waiter_->socket.get_executor())) {
    waiter_->sleepers.push_back(state_);
}

SshSession::Sleeper::~Sleeper() {
    std::erase(waiter_->sleepers, state_);
    state_->wake();
}

awaitable<void> SshSession::Sleeper::wait(bool to_write, std::chrono::milliseconds at_most) {
    const auto state = state_;
    if (!state->woken && !reads_.holds()) {
        waiter_->arm(tcp::socket::wait_read, waiter_->reading);
        if (to_write) waiter_->arm(tcp::socket::wait_write, waiter_->writing);
        state->timer.expires_after(at_most);
        boost::system::error_code ended;
        co_await state->timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    }
    state->woken = false;
}

void SshSession::Sleeper::wake() noexcept {
    state_->wake();
}

SshSession::SshSession(tcp::socket socket, std::string target)
    : session_(ssh_new()), waiter_(std::make_shared<Waiter>(std::move(socket))), target_(std::move(target)) {
    const socket_t descriptor = ::fcntl(waiter_->socket.native_handle(), F_DUPFD_CLOEXEC, 0);
    if (session_ == nullptr || descriptor < 0) {
        if (descriptor >= 0) ::close(descriptor);
        ssh_free(session_);
        throw Error(ErrorCode::internal, "No memory or file descriptor is left for an SSH session.")
            .at("secure");
    }
    duplicate_ = descriptor;
    struct stat facts {};
    ::fstat(descriptor, &facts);
    inode_ = facts.st_ino;
    const int no = 0;
    ssh_options_set(session_, SSH_OPTIONS_PROCESS_CONFIG, &no);  // the connection says everything itself
    ssh_options_set(session_, SSH_OPTIONS_FD, &descriptor);
    ssh_set_counters(session_, &received_, &raw_);
    ssh_set_blocking(session_, 0);
}

SshSession::~SshSession() {
    close();
    ssh_free(session_);
    close_duplicate();
}

/// libssh closes a descriptor that it was given only when writing to it fails. The number may be somebody
/// else's by then, so what it stands for is compared.
void SshSession::close_duplicate() const noexcept {
    struct stat facts {};
    if (::fstat(duplicate_, &facts) == 0 && S_ISSOCK(facts.st_mode) && facts.st_ino == inode_)
        ::close(duplicate_);
}

void SshSession::set(ssh_options_e option, const void* value, std::string_view what) {
    if (ssh_options_set(session_, option, value) == SSH_OK) return;
    throw Error(ErrorCode::invalid_argument, fmt::format("The {} cannot be used: {}.", what, last_error()))
        .at("secure");
}

Error SshSession::late(const std::string& step, Clock::duration waited) const {
    using Tenths = std::chrono::duration<std::int64_t, std::deci>;
    return Error(ErrorCode::timeout, fmt::format("{} did not answer within {} (step '{}').", target_,
                                                 net::to_text(std::chrono::round<Tenths>(waited)), step))
        .at(step)
        .hinting(step == "login"
                     ? "The server may be checking the log-in somewhere slow, or be asking for a new "
                       "password; try it with an interactive client."
                     : "Is it an SSH server, on that port? A firewall may also be dropping packets.")
        .ends_session();
}

awaitable<int> SshSession::drive(std::string step, Deadline deadline, std::function<int()> attempt,
                                 int again) {
    const auto started = Clock::now();
    Sleeper sleeper(*this);
    const auto observed = [&] {
        const Watch watch(*this, sleeper);
        return attempt();
    };
    while (true) {
        const auto before = bytes_received();
        const int result = observed();
        // libssh puts the descriptor back into blocking mode when it finds it connected.
        const int descriptor = waiter_->socket.native_handle();
        if (const int flags = ::fcntl(descriptor, F_GETFL); flags >= 0 && (flags & O_NONBLOCK) == 0)
            ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
        if (result != again) co_return result;
        const auto now = Clock::now();
        if (now >= deadline) throw late(step, deadline - started);
        if (bytes_received() != before) continue;
        co_await sleeper.wait((ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0,
                              std::chrono::ceil<std::chrono::milliseconds>(deadline - now));
        throw_if_cancelled(co_await asio::this_coro::cancellation_state, step);
    }
}

void SshSession::wake_all_but(const Sleeper* sleeper) noexcept {
    if (channels_ > 1) waiter_->wake_all_but(sleeper == nullptr ? nullptr : sleeper->state_.get());
}

bool SshSession::connected() const noexcept {
    return waiter_->socket.is_open() && ssh_is_connected(session_) != 0;
}

std::string SshSession::last_error() const {
    std::string text = ssh_get_error(session_);
    while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' '))
        text.pop_back();
    return text.empty() ? "the connection was closed" : text;
}

Error SshSession::lost(std::string_view step, std::string_view doing) const {
    return Error(ErrorCode::connection_lost, fmt::format("{} {}: {}.", doing, target_, last_error()))
        .at(std::string(step))
        .ends_session();
}

void SshSession::close() noexcept {
    if (waiter_->socket.is_open()) {
        const SocketReads::Scope scope(reads_);
        if (channels_ == 0) ssh_disconnect(session_);
        boost::system::error_code ignored;
        waiter_->socket.shutdown(tcp::socket::shutdown_both, ignored);
        waiter_->socket.close(ignored);
    }
    waiter_->wake_all_but(nullptr);
}

}  // namespace fairlead::sftp
