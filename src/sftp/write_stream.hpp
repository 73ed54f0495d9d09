#pragma once

#include <memory>
#include <string>

#include "sftp/conversations.hpp"
#include "sftp/session.hpp"

namespace fairlead::sftp {

/// How far apart the oldest WRITE in flight and the newest may be: what was written before a break has holes
/// at most in its last so many bytes.
constexpr std::uint64_t kUnsettledBytes = 16 * 1024 * 1024;

/// Opens a file for writing; a window of WRITEs is kept in flight. Over a link that one channel's window
/// cannot fill, further `conversations`, if there are any, carry their part. Throws not_found,
/// permission_denied, already_exists with Mode::create, invalid_argument for a directory.
awaitable<std::unique_ptr<WriteStream>> open_for_writing(std::shared_ptr<Session> session, std::string path,
                                                         WriteOptions options,
                                                         std::shared_ptr<Conversations> conversations = {});

}  // namespace fairlead::sftp
