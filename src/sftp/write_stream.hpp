#pragma once

#include <memory>
#include <string>

#include "sftp/session.hpp"

namespace fairlead::sftp {

/// Opens a file for writing; a window of WRITEs is kept in flight. Throws not_found, permission_denied,
/// already_exists with Mode::create, invalid_argument for a directory.
awaitable<std::unique_ptr<WriteStream>> open_for_writing(std::shared_ptr<Session> session, std::string path,
                                                         WriteOptions options);

}  // namespace fairlead::sftp
