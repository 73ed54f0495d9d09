#include "net/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/plain_stream.hpp"

namespace fairlead::net {

TlsStream::TlsStream(std::unique_ptr<TimedSocket> socket, TlsContext& context, TlsContext::Role role)
    : socket_(std::move(socket)), context_(&context), role_(role), ssl_(context.make(role, verdict_)) {
    begin();
}

TlsStream::TlsStream(std::unique_ptr<TimedSocket> socket, SslPtr ssl)
    : socket_(std::move(socket)), context_(nullptr), role_(TlsContext::Role::control), ssl_(std::move(ssl)) {
    begin();
}

void TlsStream::begin() {
    SSL_set_fd(ssl_.get(), socket_->descriptor());
    // A handshake writes in small pieces: each would wait 40 ms for the other side's delayed acknowledgement.
    boost::system::error_code ignored;
    socket_->socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

TlsStream::~TlsStream() {
    // Without this, OpenSSL takes the connection for broken and forbids its session to be resumed.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

TlsStream::Step TlsStream::judge(int result) {
    const int saved = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_NONE:
            return Step::done;
        case SSL_ERROR_WANT_READ:
            return Step::wait_read;
        case SSL_ERROR_WANT_WRITE:
            return Step::wait_write;
        case SSL_ERROR_ZERO_RETURN:
            ended_ = ended_cleanly_ = true;
            return Step::ended;
        case SSL_ERROR_SYSCALL:
            ERR_clear_error();
            if (saved == 0) {
                ended_ = true;
                return Step::ended;
            }
            error_number_ = saved;
            return Step::failed;
        default: {
            const auto code = ERR_peek_error();
            const int reason = ERR_GET_REASON(code);
            spoke_clear_text_ = ERR_GET_LIB(code) == ERR_LIB_SSL &&
                                (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                                 reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_BAD_RECORD_TYPE);
            openssl_said_ = openssl_error();
            if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
                ended_ = true;
                return Step::ended;
            }
            return Step::failed;
        }
    }
}

awaitable<void> TlsStream::wait_for(Step step) {
    if (step == Step::wait_read)
        co_await socket_->readable();
    else
        co_await socket_->writable();
}

awaitable<void> TlsStream::handshake() {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const auto step = judge(SSL_do_handshake(ssl_.get()));
        if (step == Step::done) break;
        if (step == Step::ended || step == Step::failed) throw handshake_failure();
        co_await wait_for(step);
    }
    if (context_ != nullptr && role_ == TlsContext::Role::control)
        context_->accept(verdict_.certificate.get());
}

Error TlsStream::handshake_failure() const {
    if (context_ == nullptr)
        return Error(error_number_ != 0 || ended_ ? ErrorCode::connection_lost : ErrorCode::tls_failed,
                     fmt::format("The TLS handshake with the client {} failed: {}.", socket_->target(),
                                 openssl_said_.empty() ? "it went away" : openssl_said_))
            .at("secure")
            .ends_session();
    if (verdict_.certificate && !verdict_.trusted()) {
        auto error = verdict_.error(context_->host(), context_->options().pin);
        return error;
    }
    const auto& target = socket_->target();
    const bool data = role_ == TlsContext::Role::data;
    const std::string step(data ? socket_->step() : "secure");
    if (ended_) {
        // An end before the first word may be a refusal; one in the middle of the talk is a connection that
        // broke.
        const bool answered = BIO_number_read(SSL_get_rbio(ssl_.get())) > 0;
        auto error = Error(data       ? ErrorCode::data_connection_failed
                           : answered ? ErrorCode::connection_lost
                                      : ErrorCode::tls_failed,
                           fmt::format("{} closed the connection during the TLS handshake.", target))
                         .at(step)
                         .hinting(data ? ""
                                       : "The server may want another TLS version, a client certificate, or "
                                         "explicit TLS (port 21) in place of implicit (port 990).")
                         .ends_session();
        error.retry = true;
        return error;
    }
    if (error_number_ != 0) {
        auto error = socket_->lost(error_number_);
        error.step = step;
        return error;
    }
    if (spoke_clear_text_)
        return Error(ErrorCode::tls_failed,
                     fmt::format("{} does not speak TLS here: it answered in clear text.", target))
            .at(step)
            .hinting(
                context_->options().mode == TlsOptions::Mode::implicit
                    ? "The server does not speak TLS on this port; most likely it wants explicit TLS (--tls "
                      "explicit), "
                      "usually on port 21."
                    : "Bytes in clear after AUTH TLS come from a broken server, or from somebody in between.")
            .ends_session();
    return Error(ErrorCode::tls_failed,
                 fmt::format("The TLS handshake with {} failed: {}.", target, openssl_said_))
        .at(step)
        .hinting(
            "Check the TLS version of the connection: TLS 1.2 and newer are offered, and --tls-version "
            "TLS1.0 or "
            "TLS1.1 is for a server that has nothing better. It may also demand a client certificate.")
        .ends_session();
}

Error TlsStream::failure() const {
    if (error_number_ != 0) return socket_->lost(error_number_);
    return Error(ErrorCode::connection_lost,
                 fmt::format("The TLS connection to {} broke: {}.", socket_->target(),
                             openssl_said_.empty() ? "it was closed" : openssl_said_))
        .at(socket_->step())
        .ends_session();
}

void TlsStream::expect_within(std::chrono::milliseconds timeout, std::string_view step) {
    socket_->expect_within(timeout, step);
}

std::size_t TlsStream::decrypt(std::span<std::byte> into, Step& next) {
    std::size_t total = 0;
    next = Step::done;
    while (total < into.size() && !ended_) {
        if (error_number_ != 0 || !openssl_said_.empty()) {
            if (total > 0) break;  // what came before the failure is delivered first
            throw failure();
        }
        ERR_clear_error();
        errno = 0;
        const auto room = std::min<std::size_t>(into.size() - total, 1U << 30);
        const int got = SSL_read(ssl_.get(), into.data() + total, static_cast<int>(room));
        if (got > 0) {
            total += static_cast<std::size_t>(got);
            continue;
        }
        next = judge(got);
        if (next == Step::wait_read || next == Step::wait_write) break;
    }
    return total;
}

awaitable<std::size_t> TlsStream::read_some(std::span<std::byte> into) {
    if (socket_->turn_is_over()) co_await socket_->yield_turn();
    for (;;) {
        Step next{};
        const auto got = decrypt(into, next);
        if (got > 0 || ended_) co_return got;
        co_await wait_for(next);
    }
}

awaitable<std::optional<std::size_t>> TlsStream::read_within(std::span<std::byte> into,
                                                             std::chrono::milliseconds patience) {
    // Records without a byte for us (session tickets) may come in between.
    const auto deadline = Clock::now() + patience;
    for (;;) {
        Step next{};
        const auto got = decrypt(into, next);
        if (got > 0 || ended_) co_return got;
        if (next == Step::wait_write) {
            co_await socket_->writable();
            continue;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        const bool readable = left.count() > 0 && co_await socket_->readable_within(left);
        if (!readable) co_return std::nullopt;
    }
}

awaitable<void> TlsStream::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        if (socket_->turn_is_over()) co_await socket_->yield_turn();
        ERR_clear_error();
        errno = 0;
        const auto piece = std::min<std::size_t>(bytes.size(), 1U << 30);
        const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(piece));
        if (sent > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
            continue;
        }
        const auto step = judge(sent);
        if (step == Step::ended || step == Step::failed) throw failure();
        co_await wait_for(step);
    }
}

awaitable<void> TlsStream::end_sending() {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_shutdown(ssl_.get());
        if (result >= 0) break;  // our close_notify is on its way
        const auto step = judge(result);
        if (step == Step::ended) break;
        if (step == Step::failed) throw failure();
        co_await wait_for(step);
    }
    if (::shutdown(socket_->descriptor(), SHUT_WR) != 0) throw socket_->lost(errno);
}

awaitable<void> TlsStream::wait_until_taken() {
    // A server sends session tickets that nobody reads; closing on top of them would send a reset, and the
    // server would lose what it has not read yet.
    std::array<std::byte, 4096> nothing_wanted;
    while (!ended_) {
        ERR_clear_error();
        errno = 0;
        const int got = SSL_read(ssl_.get(), nothing_wanted.data(), static_cast<int>(nothing_wanted.size()));
        if (got > 0) continue;
        const auto step = judge(got);
        if (step == Step::ended) break;
        if (step == Step::failed) {
            if (error_number_ != 0) throw failure();
            break;  // some servers answer close_notify with something that is none; the bytes have arrived
        }
        const bool readable = co_await readable_after_fin(*socket_);
        if (!readable) co_return;
    }
    // The peer's FIN may come behind its close_notify; nothing of ours depends on it.
}

std::string TlsStream::security() const {
    return fmt::format("{} {}", SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()));
}

std::string TlsStream::identity() const {
    const auto* certificate = verdict_.certificate.get();
    return certificate == nullptr ? std::string() : describe_certificate(verdict_.certificate.get());
}

bool TlsStream::resumed() const {
    return SSL_session_reused(ssl_.get()) == 1;
}

}  // namespace fairlead::net
