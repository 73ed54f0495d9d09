#pragma once

#include <memory>
#include <string>

#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"

/// Reading and writing open local files.
///
/// Data goes to and from the page cache inline, on the session's own thread: a hop to another thread and back
/// costs more than copying 256 KiB (measured: 256 KiB pieces copied inline reach 1.9 GB/s). Waiting for the
/// disk itself, fsync, is done elsewhere, and so is the writing of large files that come from a transport which
/// can splice: there the kernel's pipe takes the place of the hop (PipesToFile).
namespace fairlead::local {

std::unique_ptr<ReadStream> read_stream(Descriptor file, std::string path, std::uint64_t offset);
/// Of `options`, the offset, the expected size and durability count; the file is open already.
std::unique_ptr<WriteStream> write_stream(Descriptor file, std::string path, const WriteOptions& options);

}  // namespace fairlead::local
