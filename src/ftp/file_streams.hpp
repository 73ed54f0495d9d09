#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/file_system.hpp"
#include "ftp/transfer.hpp"

namespace fairlead::ftp {

/// A running RETR as a ReadStream. `options` are those the file was opened with. `ask_size` is asked for the
/// file's size when the data connection ended in a way that proves nothing (TLS without close_notify); may be
/// empty.
std::unique_ptr<ReadStream> read_from(std::unique_ptr<Transfer> transfer, ReadOptions options,
                                      std::function<awaitable<std::optional<std::uint64_t>>()> ask_size);

/// A running STOR or APPE as a WriteStream. `explain` throws what a refusal stands for that comes only with
/// the bytes (Transfer::Request::bytes_first); may be empty.
std::unique_ptr<WriteStream> write_to(std::unique_ptr<Transfer> transfer, WriteOptions options,
                                      std::function<awaitable<void>(Reply)> explain);

}  // namespace fairlead::ftp
