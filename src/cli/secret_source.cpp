#include "cli/secret_source.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kLongest = 1024 * 1024;

[[noreturn]] void refuse(const std::string& flag, const std::string& problem) {
    Error error(ErrorCode::invalid_argument, fmt::format("There is nothing to take from {}.", flag));
    error.faults.push_back({flag, "", problem});
    throw error;
}

/// Everything that an open file gives. The buffer is of one size from the start, so that no copy of a secret
/// stays behind in freed memory.
std::string read_all(int file, const std::string& flag) {
    std::string text;
    text.reserve(kLongest + 1);
    std::array<char, 65'536> piece{};
    while (true) {
        const auto got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse(flag, fmt::format("cannot be read: {}", std::strerror(errno)));
        if (got == 0) break;
        if (text.size() + static_cast<std::size_t>(got) > kLongest) refuse(flag, "is longer than 1 MiB");
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    sodium_memzero(piece.data(), piece.size());
    return text;
}

Secret without_line_end(std::string text) {
    std::string_view kept = text;
    if (kept.ends_with('\n')) kept.remove_suffix(1);
    if (kept.ends_with('\r') && kept.size() + 1 < text.size()) kept.remove_suffix(1);
    Secret secret(kept);
    sodium_memzero(text.data(), text.size());
    return secret;
}

}  // namespace

Secret secret_from_stdin(const std::string& flag) {
    return without_line_end(read_all(STDIN_FILENO, flag));
}

Secret secret_from_variable(const std::string& variable, const std::string& flag) {
    const auto* value = std::getenv(variable.c_str());
    if (value == nullptr)
        refuse(flag, fmt::format("names the environment variable {}, which is not set", variable));
    return Secret(value);
}

std::string text_from_file(const std::string& path, const std::string& flag) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) refuse(flag, fmt::format("names {}: {}", path, std::strerror(errno)));
    try {
        auto text = read_all(file, flag);
        ::close(file);
        return text;
    } catch (...) {
        ::close(file);
        throw;
    }
}

Secret secret_from_file(const std::string& path, const std::string& flag) {
    return without_line_end(text_from_file(path, flag));
}

}  // namespace fairlead::cli
