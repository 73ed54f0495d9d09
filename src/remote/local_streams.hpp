#pragma once

#include <memory>
#include <string>

#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"

/// Reading and writing open local files.
///
/// Data of small files goes to and from the page cache inline, on the session's own thread: a hop to another
/// thread and back costs more than copying it. Large files are read ahead and written behind, on a thread of
/// their own (ReadAhead, WriteBehind), so that the disk and its cache work beside the network. Waiting for
/// the disk itself, fsync, is always done elsewhere.
namespace fairlead::local {

std::unique_ptr<ReadStream> read_stream(Descriptor file, std::string path, std::uint64_t offset);
/// Of `options`, the offset, the expected size and durability count; the file is open already.
std::unique_ptr<WriteStream> write_stream(Descriptor file, std::string path, const WriteOptions& options);

}  // namespace fairlead::local
