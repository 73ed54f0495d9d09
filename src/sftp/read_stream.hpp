#pragma once

#include <memory>
#include <string>

#include "sftp/session.hpp"

namespace fairlead::sftp {

/// Opens a file for reading; a window of READs is kept in flight until the server proves the end. Throws
/// not_found, permission_denied, invalid_argument for a directory.
awaitable<std::unique_ptr<ReadStream>> open_for_reading(std::shared_ptr<Session> session, std::string path,
                                                        ReadOptions options);

}  // namespace fairlead::sftp
