#include "sftp/ssh_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fairlead::sftp {
namespace {

// How much the server may send before it must wait for us. A link needs rate times round trip: 16 MiB are
// 2.5 Gbit/s at 50 ms. libssh by itself never has more than 1.25 MiB open.
constexpr std::size_t kWindow = 16 * 1024 * 1024;

// What is handed to libssh at once. It keeps what the socket does not take, so this bounds its memory too.
constexpr std::size_t kWriteAtOnce = 128 * 1024;

constexpr std::size_t kLongestErrorText = 1024;

// How many times the socket is read in one go for packets that bring nothing: a server that sends only such
// must not keep the thread from its other work.
constexpr int kFruitlessReads = 256;

}  // namespace

SshChannel::SshChannel(std::shared_ptr<SshSession> session)
    : session_(std::move(session)), sleeper_(*session_) {}

SshChannel::~SshChannel() {
    close();
}

awaitable<void> SshChannel::open(Deadline deadline) {
    const std::string step = "login";
    channel_ = ssh_channel_new(session_->get());
    if (channel_ == nullptr) throw Error(ErrorCode::internal, "No memory for an SSH channel.").at(step);
    session_->channel_begins();
    ssh_callbacks_init(&callbacks_);
    callbacks_.userdata = this;
    callbacks_.channel_data_function = &SshChannel::on_data;
    ssh_set_channel_callbacks(channel_, &callbacks_);

    const int opened =
        co_await session_->drive(step, deadline, [this] { return ssh_channel_open_session(channel_); });
    if (opened != SSH_OK) {
        if (ssh_is_connected(session_->get()) == 0)
            throw session_->lost(step, "After the log-in the connection was closed by");
        throw Error(ErrorCode::server_busy,
                    fmt::format("{} accepted the log-in but grants no further session.", session_->target()))
            .at(step)
            .replied(session_->last_error())
            .hinting("It limits how many sessions a user may have; lower the connection's --max-sessions.")
            .ends_session();
    }
    const int started = co_await session_->drive(
        step, deadline, [this] { return ssh_channel_request_subsystem(channel_, "sftp"); });
    if (started != SSH_OK) {
        if (ssh_is_connected(session_->get()) == 0)
            throw session_->lost(step, "After the log-in the connection was closed by");
        throw Error(
            ErrorCode::unsupported,
            fmt::format("{} accepted the log-in but offers no SFTP to this user.", session_->target()))
            .at(step)
            .replied(session_->last_error())
            .hinting("Ask the server's owner to enable the sftp subsystem for the user.")
            .ends_session();
    }
    session_->read_in_large_pieces();
    const SshSession::Watch watch(*session_, sleeper_);
    open_window();
}

int SshChannel::on_data(ssh_session, ssh_channel, void* data, std::uint32_t length, int is_stderr,
                        void* self) {
    if (is_stderr == 0) return 0;  // stays in libssh's buffer until it is read
    auto& text = static_cast<SshChannel*>(self)->error_text_;
    if (text.size() < kLongestErrorText)
        text.append(static_cast<const char*>(data),
                    std::min<std::size_t>(length, kLongestErrorText - text.size()));
    return static_cast<int>(length);
}

/// libssh opens the window to as much as a timed read asks for, and in no other way.
void SshChannel::open_window() {
    if (!spare_)
        spare_.reset(new std::byte[kWindow]);  // not initialised: what is never touched costs nothing
    read_since_opening_ = 0;
    const int got = ssh_channel_read_timeout(channel_, spare_.get(), kWindow, 0, 0);
    if (got > 0) leftover_ = {spare_.get(), static_cast<std::size_t>(got)};
}

std::size_t SshChannel::take_from_channel(std::span<std::byte> into) {
    for (int reads = 0; reads < kFruitlessReads; ++reads) {
        const auto before = session_->bytes_received();
        const int got =
            ssh_channel_read_nonblocking(channel_, into.data(), static_cast<std::uint32_t>(into.size()), 0);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got < 0 && got != SSH_EOF && !ended())
            throw session_->lost("", "The connection broke that led to");
        // Each call takes 4 KiB off the socket, and a packet has up to 32: again, until the socket is empty.
        if (got == SSH_EOF || session_->bytes_received() == before) break;
    }
    return 0;
}

std::size_t SshChannel::read_now(std::span<std::byte> into) {
    if (channel_ == nullptr) return 0;
    const SshSession::Watch watch(*session_, sleeper_);
    std::size_t got;
    if (leftover_.empty()) {
        if (read_since_opening_ >= kWindow / 4) {
            open_window();
            if (!leftover_.empty()) return read_now(into);
        }
        got = take_from_channel(into);
    } else {
        got = std::min(into.size(), leftover_.size());
        std::memcpy(into.data(), leftover_.data(), got);
        leftover_ = leftover_.subspan(got);
    }
    read_since_opening_ += got;
    return got;
}

std::size_t SshChannel::write_now(std::span<const std::byte> bytes) {
    if (channel_ == nullptr) return 0;
    const SshSession::Watch watch(*session_, sleeper_);
    // What libssh could not send yet must go first, or its buffer would grow without bound.
    if (session_->has_unsent() && ssh_blocking_flush(session_->get(), 0) == SSH_ERROR)
        throw session_->lost("", "The connection broke that led to");
    if (session_->has_unsent()) return 0;
    const auto count = std::min<std::size_t>({bytes.size(), kWriteAtOnce, ssh_channel_window_size(channel_)});
    if (count == 0) return 0;
    const int sent = ssh_channel_write(channel_, bytes.data(), static_cast<std::uint32_t>(count));
    if (sent < 0) throw session_->lost("", "The connection broke that led to");
    return static_cast<std::size_t>(sent);
}

bool SshChannel::ended() const {
    if (channel_ == nullptr) return true;
    return leftover_.empty() && (ssh_channel_is_eof(channel_) != 0 || ssh_channel_is_closed(channel_) != 0);
}

std::string SshChannel::last_words() const {
    auto text = error_text_;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    return text;
}

awaitable<void> SshChannel::wait(bool to_write, std::chrono::milliseconds at_most) {
    // Writing may have taken packets off the socket; then there is something to do without waiting.
    if (channel_ == nullptr || !leftover_.empty() || something_came()) co_return;
    if (to_write && !session_->has_unsent() && ssh_channel_window_size(channel_) > 0) co_return;
    co_await sleeper_.wait(to_write && session_->has_unsent(), at_most);
}

bool SshChannel::something_came() {
    const SshSession::Watch watch(*session_, sleeper_);
    for (int reads = 0; reads < kFruitlessReads; ++reads) {
        const auto before = session_->bytes_received();
        if (ssh_channel_poll(channel_, 0) != 0) return true;
        if (session_->bytes_received() == before) return false;
    }
    return false;
}

void SshChannel::keep_alive() {
    const SocketReads::Scope scope(session_->reads());
    if (channel_ != nullptr) ssh_send_ignore(session_->get(), "");
}

void SshChannel::close() noexcept {
    if (auto* channel = std::exchange(channel_, nullptr); channel != nullptr) {
        const SocketReads::Scope scope(session_->reads());
        ssh_remove_channel_callbacks(channel, &callbacks_);
        ssh_channel_free(channel);
        session_->channel_ends();
    }
    sleeper_.wake();
}

}  // namespace fairlead::sftp
