#include "ftp/reply_error.hpp"

#include <fmt/format.h>

#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

using text::has_any;

// The words are those of vsftpd, ProFTPD, Pure-FTPd, IIS, FileZilla Server, Serv-U, wu-ftpd, z/OS and of
// strerror.
bool says_not_found(std::string_view words) {
    return has_any(
        words, {"no such file", "no such directory", "not found", "cannot find", "can't find",
                "could not find", "couldn't find", "does not exist", "doesn't exist", "not exist",
                "nonexistent", "no longer exists", "unable to find", "no matching", "no data sets found",
                "no members found", "invalid directory", "no such folder", "file unavailable, not found"});
}

bool says_denied(std::string_view words) {
    return has_any(
        words, {"permission denied", "access is denied", "access denied", "access violation", "not permitted",
                "forbidden", "not allowed", "read-only", "read only", "privilege", "not authorized",
                "unauthorized", "prohibited", "insufficient rights", "no access", "permission", "denied"});
}

bool says_exists(std::string_view words) {
    return has_any(words,
                   {"already exist", "file exists", "directory exists", "folder exists", "exists already"}) ||
           (words.find("exists") != std::string_view::npos && !says_not_found(words));
}

bool says_quota(std::string_view words) {
    return has_any(words, {"quota"});
}

bool says_no_space(std::string_view words) {
    return has_any(words, {"no space", "disk full", "disk is full", "enough space", "enough disk",
                           "out of space", "insufficient storage", "insufficient disk", "insufficient space",
                           "out of disk", "storage full", "no room", "disk space"});
}

/// vsftpd's, and Pure-FTPd's, only word for a full disk.
bool says_writing_failed(std::string_view words) {
    return has_any(words, {"failure writing to local file", "error during write to file"});
}

bool says_in_use(std::string_view words) {
    return has_any(words, {"in use", "being used", "file busy", "resource busy", "is locked",
                           "sharing violation", "text busy"});
}

bool says_kind(std::string_view words) {
    return has_any(words, {"is a directory", "not a regular file", "not a plain file", "not a directory",
                           "not a file", "is a file", "is not a folder"});
}

bool says_tls_required(const Reply& reply, std::string_view words) {
    switch (reply.code) {
        case 431:
        case 521:
        case 522:
        case 533:
        case 534:
        case 535:
        case 536:
            return has_any(words, {"ssl", "tls", "encrypt", "secur", "prot ", "protect", "certificate"});
        case 425:
        case 450:
        case 530:
        case 550:
            return has_any(words, {"ssl", "tls", "must be encrypted", "requires encryption", "prot p"});
        default:
            return false;
    }
}

std::string sentence(std::string_view what, std::string_view step, std::string_view path) {
    if (path.empty()) return fmt::format("{} (while doing: {}).", what, step);
    return fmt::format("{}: '{}' (while doing: {}).", what, path, step);
}

bool only_looks(std::string_view step) {
    return step == "read" || step == "list" || step == "stat" || step == "change directory" ||
           step == "checksum";
}

}  // namespace

bool says_too_many(const Reply& reply) {
    if (!reply.is_failure()) return false;
    const auto words = text::lowered(reply.text());
    if (has_any(words, {"attempt", "failed", "failure", "incorrect", "password", "open files", "bad command",
                        "quota", "storage", "disk", "space", "size"}))
        return false;
    return has_any(words, {"too many", "maximum number", "maximum of", "max clients", "max connections",
                           "maximum clients", "maximum connection", "maximum login", "connection limit",
                           "user limit", "limit reached", "limit exceeded", "limit of", "server is full",
                           "server full", "only allowed", "connections from your"});
}

bool says_session_reuse_required(const Reply& reply) {
    if (!reply.is_failure()) return false;
    const auto words = text::lowered(reply.text());
    if (has_any(words, {"session reuse", "reuse required", "not resumed", "has not resumed",
                        "session resumption", "reuse the session", "reuse of the", "must resume"}))
        return true;
    // ProFTPD says no more than this; no other cause of EPERM on its side of a data connection is known.
    return reply.code == 425 && has_any(words, {"unable to build data connection: operation not permitted"});
}

bool is_unknown_command(const Reply& reply) {
    return reply.code == 500 || reply.code == 501 || reply.code == 502 || reply.code == 504;
}

bool is_ambiguous(const Reply& reply) {
    switch (reply.code) {
        case 450:
        case 451:
        case 521:
        case 550:
        case 551:
        case 553:
        case 554:
            break;
        default:
            return false;
    }
    const auto words = text::lowered(reply.text());
    return !says_not_found(words) && !says_denied(words) && !says_exists(words) && !says_quota(words) &&
           !says_no_space(words) && !says_in_use(words) && !says_kind(words) &&
           !has_any(words, {"not empty"}) && !says_writing_failed(words) &&
           !says_tls_required(reply, words) && !says_session_reuse_required(reply);
}

Error error_for(const Reply& reply, std::string_view step, std::string_view path) {
    const auto words = text::lowered(reply.text());
    const auto error = [&](ErrorCode code, std::string_view what) {
        return Error(code, sentence(what, step, path))
            .at(std::string(step))
            .on(std::string(path))
            .replied(reply.raw());
    };

    if (!reply.is_failure())
        return error(ErrorCode::protocol_error,
                     fmt::format("The server answered {} out of place", reply.code))
            .ends_session();

    // What concerns the session.
    if (reply.code == 421) {
        if (says_too_many(reply) || step == "connect" || step == "login")
            return error(ErrorCode::server_busy, "The server admits no more connections now").ends_session();
        return error(ErrorCode::connection_lost,
                     has_any(words, {"idle", "timeout", "timed out", "time out", "inactiv"})
                         ? "The server closed the session because it was idle"
                         : "The server closed the session")
            .ends_session();
    }
    if (says_session_reuse_required(reply))
        return error(ErrorCode::tls_failed,
                     "The server requires that the data connection resumes the TLS session of the control "
                     "connection")
            .hinting(
                "Another proxy or TLS version in between may prevent resumption; try --tls-version TLS1.2.");
    if (says_tls_required(reply, words))
        return error(ErrorCode::tls_failed, "The server insists on TLS, or on another kind of it, for this")
            .hinting("Use protocol ftps with --tls explicit and a protected data connection.");
    if (says_too_many(reply))
        return error(ErrorCode::server_busy, "The server admits no more connections now");

    // What concerns the data connection.
    if (reply.code == 425)
        return error(ErrorCode::data_connection_failed, "The server could not open the data connection")
            .hinting("A firewall may stand between; in active mode the server must reach this machine.");
    if (reply.code == 426) return error(ErrorCode::connection_lost, "The data connection broke off");

    // What concerns the storage.
    if (says_quota(words))
        return error(ErrorCode::quota_exceeded, "The user's quota on the server is used up");
    if (says_no_space(words) || reply.code == 452 || reply.code == 552)
        return error(ErrorCode::no_space, "The server has no space left");
    if (reply.code == 451 && says_writing_failed(words))
        return error(ErrorCode::no_space, "The server could not write the file; its disk is probably full");

    // What concerns the path.
    if (words.find("not empty") != std::string::npos)
        return error(ErrorCode::not_empty, "The directory is not empty");
    if (says_not_found(words))
        return error(ErrorCode::not_found, "There is no such file or directory on the server");
    if (!is_unknown_command(reply) || has_any(words, {"exist"})) {
        if (says_exists(words)) return error(ErrorCode::already_exists, "The server has this already");
    }

    // What concerns the command.
    if (words.find("in ascii") != std::string::npos)  // SIZE and REST, where the server would have to count
        return error(ErrorCode::unsupported, "The server does not do this in text mode");
    if (reply.code == 501)
        return error(ErrorCode::invalid_argument, "The server refused the command's argument");
    if (is_unknown_command(reply)) return error(ErrorCode::unsupported, "The server does not support this");
    if (reply.code == 503)
        return error(ErrorCode::protocol_error, "The server expected another command first");
    if (reply.code == 530 || reply.code == 430)
        return says_denied(words)
                   ? error(ErrorCode::permission_denied, "The server does not allow this")
                   : error(ErrorCode::authentication_failed, "The server says that nobody is logged in")
                         .ends_session();
    if (reply.code == 532)
        return error(ErrorCode::permission_denied, "The server wants an account (ACCT) for this");

    if (says_in_use(words)) {
        auto busy = error(ErrorCode::conflict, "The file is in use on the server");
        busy.retry = true;
        return busy;
    }
    if (says_kind(words))
        return error(ErrorCode::invalid_argument,
                     "The path is not of the kind that this needs (file or directory)");
    if (says_denied(words)) return error(ErrorCode::permission_denied, "The server does not allow this");
    if (reply.code == 521) return error(ErrorCode::already_exists, "The server has this already");
    if (reply.code == 451 || reply.code == 450) {
        auto refused = error(ErrorCode::permission_denied, "The server could not do this now");
        if (reply.code == 451 && !only_looks(step)) refused.code = ErrorCode::incomplete;
        refused.retry = true;
        return refused;
    }
    // A bare "no". Reading most often fails because nothing is there, changing because it is not allowed.
    return only_looks(step)
               ? error(ErrorCode::not_found, "The server does not give this; it may not exist")
               : error(ErrorCode::permission_denied, "The server refused this without saying why");
}

}  // namespace fairlead::ftp
