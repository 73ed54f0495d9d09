#include "cli/systemd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

std::optional<std::uint64_t> number(const char* variable) noexcept {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    const auto* end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, value);
    if (error != std::errc() || rest != end) return std::nullopt;
    return value;
}

bool is_for_us(const char* variable) noexcept {
    return number(variable).value_or(0) == static_cast<std::uint64_t>(::getpid());
}

}  // namespace

void notify_manager(std::string_view state) noexcept {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    sockaddr_un address{};
    const auto length = std::strlen(path);
    if (length >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
    const int channel = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (channel < 0) return;
    [[maybe_unused]] const auto sent = ::sendto(
        channel, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(channel);
}

std::optional<std::chrono::microseconds> manager_watchdog() noexcept {
    const auto time = number("WATCHDOG_USEC");
    if (!time || *time == 0) return std::nullopt;
    if (std::getenv("WATCHDOG_PID") != nullptr && !is_for_us("WATCHDOG_PID")) return std::nullopt;
    return std::chrono::microseconds(*time);
}

int activated_socket() {
    constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
    if (!is_for_us("LISTEN_PID")) return -1;
    const auto count = number("LISTEN_FDS").value_or(0);
    if (count == 0) return -1;
    if (count > 1)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The service manager handed over {} sockets; one is served.", count))
            .hinting("give the socket unit one ListenStream=");
    ::fcntl(kFirst, F_SETFD, FD_CLOEXEC);
    return kFirst;
}

}  // namespace fairlead::cli
