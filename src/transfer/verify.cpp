#include "transfer/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::transfer {
namespace {

bool computes(const Abilities& abilities, ChecksumAlgorithm algorithm) {
    const auto& list = abilities.checksums;
    return std::find(list.begin(), list.end(), algorithm) != list.end();
}

awaitable<std::string> read_back(FileSystem& files, const std::string& path, ChecksumAlgorithm algorithm) {
    Digest digest(algorithm);
    const auto stream = co_await files.open_read(path);
    for (;;) {
        const auto piece = co_await stream->read();
        if (piece.empty()) break;
        digest.add(piece);
    }
    co_return digest.finish();
}

/// The server's own checksum; absent where it turns out not to compute it after all.
awaitable<std::optional<std::string>> ask(FileSystem& files, const std::string& path,
                                          ChecksumAlgorithm algorithm) {
    if (!computes(files.abilities(), algorithm)) co_return std::nullopt;
    try {
        co_return co_await files.checksum(path, algorithm);
    } catch (const Error& error) {
        if (error.code != ErrorCode::unsupported) throw;
    }
    co_return std::nullopt;
}

}  // namespace

void check_size(const std::string& path, std::uint64_t expected, std::uint64_t there) {
    if (there == expected) return;
    throw Error(ErrorCode::size_mismatch,
                fmt::format("{} bytes were sent to '{}', but {} are there.", expected, path, there))
        .on(path);
}

awaitable<bool> verify_size(FileSystem& files, const std::string& path, std::uint64_t expected,
                            bool may_be_gone) {
    const auto there = co_await try_stat(files, path);
    if (!there && may_be_gone) co_return false;
    if (!there)
        throw Error(ErrorCode::incomplete, fmt::format("The server took '{}' but does not have it.", path))
            .on(path);
    if (!there->size) co_return false;
    check_size(path, expected, *there->size);
    co_return true;
}

ChecksumAlgorithm choose_checksum(const Abilities& source, const Abilities& target) {
    for (const auto algorithm : source.checksums)
        if (computes(target, algorithm)) return algorithm;
    if (!target.checksums.empty()) return target.checksums.front();
    if (!source.checksums.empty()) return source.checksums.front();
    return ChecksumAlgorithm::sha256;
}

awaitable<std::string> checksum_of(FileSystem& files, const std::string& path, ChecksumAlgorithm algorithm) {
    auto found = co_await ask(files, path, algorithm);
    if (!found) found = co_await read_back(files, path, algorithm);
    co_return std::move(*found);
}

awaitable<void> verify_checksum(FileSystem& files, const std::string& path, ChecksumAlgorithm algorithm,
                                const std::string& expected) {
    const auto found = co_await checksum_of(files, path, algorithm);
    if (found == expected) co_return;
    throw Error(ErrorCode::checksum_mismatch,
                fmt::format("The {} of '{}' is {}, but that of what was moved is {}.", to_string(algorithm),
                            path, found, expected))
        .on(path);
}

}  // namespace fairlead::transfer
