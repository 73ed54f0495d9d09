#pragma once

#include <string>
#include <string_view>

#include "fairlead/error.hpp"
#include "sftp/packet.hpp"

namespace fairlead::sftp {

/// SSH_FX_*: version 3 ends with `unsupported`; some servers send the later ones all the same.
enum StatusCode : std::uint32_t {
    kOk = 0,
    kEndOfFile = 1,
    kNoSuchFile = 2,
    kPermissionDenied = 3,
    kFailure = 4,
    kBadMessage = 5,
    kNoConnection = 6,
    kConnectionLost = 7,
    kUnsupported = 8,
    kInvalidHandle = 9,
    kNoSuchPath = 10,
    kFileAlreadyExists = 11,
    kWriteProtect = 12,
    kNoMedia = 13,
    kNoSpace = 14,
    kQuotaExceeded = 15,
    kUnknownPrincipal = 16,
    kLockConflict = 17,
    kDirectoryNotEmpty = 18,
    kNotADirectory = 19,
    kInvalidFilename = 20,
    kLinkLoop = 21,
};

/// The code of ours for a status that is not OK. `failure` (4) stands for everything on many servers; then
/// known words in its text decide. nullopt: it stays open what went wrong, and looking (stat) may tell.
std::optional<ErrorCode> code_of(const Status& status);

/// "STATUS 2 No such file", for traces and Error::server_reply.
std::string to_text(const Status& status);

/// The error for a refused request. `doing` completes "... failed", such as "Reading '/a'"; `path` goes to
/// Error::path; `otherwise` is the code where the status leaves it open.
Error status_error(const Status& status, std::string_view doing, std::string_view path,
                   ErrorCode otherwise = ErrorCode::protocol_error);

}  // namespace fairlead::sftp
