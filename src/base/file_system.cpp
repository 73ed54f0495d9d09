#include "fairlead/file_system.hpp"

#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>

#include "base/page_buffer.hpp"
#include "fairlead/endpoint.hpp"

namespace fairlead {

std::string_view to_string(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::ftp:
            return "ftp";
        case Protocol::ftps:
            return "ftps";
        case Protocol::sftp:
            return "sftp";
    }
    return "ftp";
}

std::string_view to_string(ChecksumAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case ChecksumAlgorithm::crc32:
            return "crc32";
        case ChecksumAlgorithm::md5:
            return "md5";
        case ChecksumAlgorithm::sha1:
            return "sha1";
        case ChecksumAlgorithm::sha256:
            return "sha256";
        case ChecksumAlgorithm::sha512:
            return "sha512";
    }
    return "sha256";
}

awaitable<std::size_t> ReadStream::read_into(std::span<std::byte>) {
    throw Error(ErrorCode::internal, "These bytes cannot be read into a buffer of the caller.");
    co_return 0;
}

awaitable<std::span<std::byte>> WriteStream::room() {
    co_return std::span<std::byte>{};
}

awaitable<std::uint64_t> ReadStream::read_to_pipe(int) {
    throw Error(ErrorCode::internal, "These bytes cannot be read into a pipe.");
    co_return 0;
}

awaitable<int> WriteStream::take_pipe() {
    co_return -1;
}

awaitable<std::uint64_t> WriteStream::write_from(int descriptor, std::uint64_t offset, std::uint64_t count) {
    constexpr std::size_t kPiece = 256 * 1024;  // larger pieces leave the CPU's cache
    const PageBuffer buffer(kPiece);
    std::uint64_t sent = 0;
    while (sent < count) {
        const auto want = std::min<std::uint64_t>(kPiece, count - sent);
        const auto got = ::pread(descriptor, buffer.get(), want, static_cast<off_t>(offset + sent));
        if (got < 0)
            throw Error(ErrorCode::internal,
                        fmt::format("Reading the local file failed: {}.", std::strerror(errno)));
        if (got == 0) break;
        co_await write({buffer.get(), static_cast<std::size_t>(got)});
        sent += static_cast<std::uint64_t>(got);
    }
    co_return sent;
}

awaitable<void> FileSystem::sync(std::vector<std::string>) {
    co_return;
}

awaitable<void> FileSystem::make_link(std::string_view path, std::string_view) {
    throw Error(ErrorCode::unsupported, "Symbolic links cannot be made here.").on(std::string(path));
    co_return;
}

awaitable<std::optional<Entry>> try_stat(FileSystem& files, std::string_view path) {
    try {
        co_return co_await files.stat(path);
    } catch (const Error& error) {
        if (error.code != ErrorCode::not_found) throw;
    }
    co_return std::nullopt;
}

}  // namespace fairlead
