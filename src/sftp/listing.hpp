#pragma once

#include <memory>
#include <string>

#include "sftp/session.hpp"

namespace fairlead::sftp {

/// Opens a directory; several READDIRs are kept in flight. Throws not_found, invalid_argument when it is
/// none.
awaitable<std::unique_ptr<Listing>> open_listing(std::shared_ptr<Session> session, std::string path);

/// An entry from what the server tells. Owner and group have names only in the long name, if that looks as
/// `ls -l` prints it; else they are numbers. `path` is the entry's own.
Entry to_entry(NameEntry name, std::string path);

}  // namespace fairlead::sftp
