#include "sftp/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace fairlead::sftp {
namespace {

struct KnownWords {
    std::string_view words;  // lower case
    ErrorCode code;
};

// What servers are known to write beside status 4, most telling first.
constexpr std::array<KnownWords, 24> kKnownWords{{
    {"no space", ErrorCode::no_space},
    {"disk full", ErrorCode::no_space},
    {"disk is full", ErrorCode::no_space},
    {"insufficient disk", ErrorCode::no_space},
    {"not enough space", ErrorCode::no_space},
    {"quota", ErrorCode::quota_exceeded},
    {"not empty", ErrorCode::not_empty},
    {"isn't empty", ErrorCode::not_empty},
    {"already exist", ErrorCode::already_exists},
    {"file exists", ErrorCode::already_exists},
    {"no such file", ErrorCode::not_found},
    {"no such dir", ErrorCode::not_found},
    {"not found", ErrorCode::not_found},
    {"does not exist", ErrorCode::not_found},
    {"doesn't exist", ErrorCode::not_found},
    {"cannot find", ErrorCode::not_found},
    {"permission", ErrorCode::permission_denied},
    {"access denied", ErrorCode::permission_denied},
    {"access is denied", ErrorCode::permission_denied},
    {"not permitted", ErrorCode::permission_denied},
    {"read-only", ErrorCode::permission_denied},
    {"not supported", ErrorCode::unsupported},
    {"unsupported", ErrorCode::unsupported},
    {"too many open", ErrorCode::server_busy},
}};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string_view name_of(std::uint32_t code) {
    constexpr std::array<std::string_view, 22> kNames{
        "OK",
        "End of file",
        "No such file",
        "Permission denied",
        "Failure",
        "Bad message",
        "No connection",
        "Connection lost",
        "Operation unsupported",
        "Invalid handle",
        "No such path",
        "File already exists",
        "Write protected",
        "No media",
        "No space on file system",
        "Quota exceeded",
        "Unknown principal",
        "Lock conflict",
        "Directory not empty",
        "Not a directory",
        "Invalid file name",
        "Link loop",
    };
    return code < kNames.size() ? kNames[code] : "unknown status";
}

std::string_view because(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found:
            return "there is no such file or directory";
        case ErrorCode::permission_denied:
            return "the server does not allow it";
        case ErrorCode::already_exists:
            return "something of that name exists already";
        case ErrorCode::not_empty:
            return "the directory is not empty";
        case ErrorCode::no_space:
            return "the server's disk is full";
        case ErrorCode::quota_exceeded:
            return "the user's quota on the server is used up";
        case ErrorCode::unsupported:
            return "the server does not offer it";
        case ErrorCode::server_busy:
            return "the server has too many files open";
        case ErrorCode::connection_lost:
            return "the server lost its own connection";
        case ErrorCode::conflict:
            return "somebody else has locked it";
        case ErrorCode::invalid_argument:
            return "the path does not fit what was asked";
        default:
            return "the server only says that it failed";
    }
}

}  // namespace

std::optional<ErrorCode> code_of(const Status& status) {
    switch (status.code) {
        case kEndOfFile:
            return ErrorCode::incomplete;
        case kNoSuchFile:
        case kNoSuchPath:
            return ErrorCode::not_found;
        case kPermissionDenied:
        case kWriteProtect:
            return ErrorCode::permission_denied;
        case kBadMessage:
        case kInvalidHandle:
            return ErrorCode::protocol_error;
        case kNoConnection:
        case kConnectionLost:
            return ErrorCode::connection_lost;
        case kUnsupported:
            return ErrorCode::unsupported;
        case kFileAlreadyExists:
            return ErrorCode::already_exists;
        case kNoSpace:
            return ErrorCode::no_space;
        case kQuotaExceeded:
            return ErrorCode::quota_exceeded;
        case kLockConflict:
            return ErrorCode::conflict;
        case kDirectoryNotEmpty:
            return ErrorCode::not_empty;
        case kNotADirectory:
        case kInvalidFilename:
        case kLinkLoop:
            return ErrorCode::invalid_argument;
        default:
            break;
    }
    const auto text = lower(status.text);
    for (const auto& known : kKnownWords)
        if (text.find(known.words) != std::string::npos) return known.code;
    return std::nullopt;
}

std::string to_text(const Status& status) {
    // A server's text may hold anything; one line is wanted.
    std::string text = status.text.empty() ? std::string(name_of(status.code)) : status.text;
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return fmt::format("STATUS {} {}", status.code, text);
}

Error status_error(const Status& status, std::string_view doing, std::string_view path, ErrorCode otherwise) {
    const auto code = code_of(status).value_or(otherwise);
    return Error(code, fmt::format("{} failed: {}.", doing, because(code)))
        .on(std::string(path))
        .replied(to_text(status));
}

}  // namespace fairlead::sftp
