#include "support/peer_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "support/server.hpp"

namespace fairlead::test {
namespace {

constexpr int kPatience = 30'000;  // milliseconds until a silent client is given up

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

TlsIdentity::TlsIdentity(const std::string& certificate, int version)
    : context_(SSL_CTX_new(TLS_server_method())) {
    const auto folder = certificates();
    if (SSL_CTX_use_certificate_file(context_, (folder / (certificate + ".pem")).c_str(), SSL_FILETYPE_PEM) !=
            1 ||
        SSL_CTX_use_PrivateKey_file(context_, (folder / "server.key").c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("cannot use the certificate " + certificate);
    static constexpr unsigned char kSessions[] = "fairlead";
    SSL_CTX_set_session_id_context(context_, kSessions, sizeof kSessions - 1);
    if (version == 10) {
        SSL_CTX_set_cipher_list(context_, "DEFAULT:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_, TLS1_VERSION);
    }
    if (version == 12) SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
    if (version == 13) SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
}

TlsIdentity::~TlsIdentity() {
    SSL_CTX_free(context_);
}

PeerSocket::~PeerSocket() {
    close_without_notify();
}

PeerSocket::PeerSocket(PeerSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      tls_(std::exchange(other.tls_, nullptr)),
      buffered_(std::move(other.buffered_)) {}

PeerSocket& PeerSocket::operator=(PeerSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(tls_, other.tls_);
    std::swap(buffered_, other.buffered_);
    return *this;
}

void PeerSocket::wait(short events) {
    pollfd waits{descriptor_, events, 0};
    int ready = 0;
    while ((ready = ::poll(&waits, 1, kPatience)) < 0 && errno == EINTR) {
    }
    if (ready == 0) throw PeerGone{"the client did nothing for 30 s"};
}

void PeerSocket::write(std::string_view bytes) {
    while (!bytes.empty()) {
        wait(POLLOUT);
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 16));
        const auto sent = tls_ != nullptr
                              ? SSL_write(tls_, bytes.data(), size)
                              : static_cast<int>(::send(descriptor_, bytes.data(),
                                                        static_cast<std::size_t>(size), MSG_NOSIGNAL));
        if (sent <= 0) throw PeerGone{"the client closed while it was sent something"};
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string PeerSocket::read_some(std::size_t most) {
    if (!buffered_.empty()) return std::exchange(buffered_, {});
    std::string bytes(most, '\0');
    if (tls_ == nullptr || SSL_pending(tls_) == 0) wait(POLLIN);
    int got = 0;
    if (tls_ != nullptr) {
        got = SSL_read(tls_, bytes.data(), static_cast<int>(most));
        if (got <= 0) {
            const auto ended = (SSL_get_shutdown(tls_) & SSL_RECEIVED_SHUTDOWN) != 0;
            ERR_clear_error();
            if (!ended) throw PeerGone{"the client closed without close_notify"};
            return {};
        }
    } else {
        got = static_cast<int>(::recv(descriptor_, bytes.data(), most, 0));
        if (got < 0) throw PeerGone{std::string("reading from the client: ") + std::strerror(errno)};
    }
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

std::string PeerSocket::read_all() {
    std::string all;
    for (auto piece = read_some(); !piece.empty(); piece = read_some())
        all += piece;
    return all;
}

std::optional<std::string> PeerSocket::read_line() {
    std::string pending = std::exchange(buffered_, {});
    while (true) {
        if (const auto end = pending.find('\n'); end != std::string::npos) {
            buffered_ = pending.substr(end + 1);
            pending.resize(end);
            if (!pending.empty() && pending.back() == '\r') pending.pop_back();
            return pending;
        }
        const auto more = read_some();
        if (more.empty()) return std::nullopt;
        pending += more;
    }
}

bool PeerSocket::has_more() const {
    pollfd waiting{descriptor_, POLLIN, 0};
    return !buffered_.empty() || ::poll(&waiting, 1, 0) > 0;
}

void PeerSocket::wait_for_close() noexcept {
    try {
        while (!read_some().empty()) {
        }
    } catch (const PeerGone&) {
    }
}

void PeerSocket::start_tls(const TlsIdentity& identity) {
    tls_ = SSL_new(identity.context());
    SSL_set_fd(tls_, descriptor_);
    if (SSL_accept(tls_) != 1) {
        ERR_clear_error();
        SSL_free(tls_);
        tls_ = nullptr;
        throw PeerGone{"the TLS handshake failed"};
    }
}

bool PeerSocket::resumed() const {
    return tls_ != nullptr && SSL_session_reused(tls_) == 1;
}
bool PeerSocket::got_close_notify() const {
    return tls_ != nullptr && (SSL_get_shutdown(tls_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void PeerSocket::close() {
    if (tls_ != nullptr) SSL_shutdown(tls_);
    close_without_notify();
}

void PeerSocket::close_without_notify() {
    if (tls_ != nullptr) SSL_free(std::exchange(tls_, nullptr));
    ERR_clear_error();
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void PeerSocket::reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_without_notify();
}

void PeerSocket::shutdown_sending() {
    ::shutdown(descriptor_, SHUT_WR);
}

PeerListener::PeerListener(std::uint16_t port)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      port_(port) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    const int yes = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    auto address = loopback(port);
    socklen_t size = sizeof address;
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(descriptor_, 64) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error(std::string("cannot listen: ") + std::strerror(errno));
    port_ = ntohs(address.sin_port);
}

PeerListener::~PeerListener() {
    ::close(descriptor_);
    ::close(wake_);
}

PeerSocket PeerListener::accept(std::chrono::milliseconds limit) {
    pollfd waits[2] = {{descriptor_, POLLIN, 0}, {wake_, POLLIN, 0}};
    int ready = 0;
    while ((ready = ::poll(waits, 2, static_cast<int>(limit.count()))) < 0 && errno == EINTR) {
    }
    if (ready == 0) throw PeerGone{"the client did not connect in time"};
    if (waits[1].revents != 0) throw PeerGone{"stopped"};
    const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) throw PeerGone{std::string("accept: ") + std::strerror(errno)};
    const int yes = 1;
    ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const timeval patience{kPatience / 1000, 0};  // for what OpenSSL does by itself
    ::setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(accepted, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return PeerSocket(accepted);
}

void PeerListener::stop() noexcept {
    ::eventfd_write(wake_, 1);
}

PeerSocket connect_to_client(std::uint16_t port) {
    return connect_to("127.0.0.1", port);
}

PeerSocket connect_to(const std::string& host, std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PeerSocket socket(descriptor);
    auto address = loopback(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw PeerGone{"connecting to " + host + ": " + std::strerror(errno)};
    return socket;
}

std::uint16_t refused_port() {
    return PeerListener().port();
}

}  // namespace fairlead::test
