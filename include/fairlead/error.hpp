#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

/// What went wrong, as the one word that command line, REST, run records and logs share. The order is free;
/// the words never change.
enum class ErrorCode {
    invalid_argument,           ///< an input is malformed or out of range; Error::faults names the fields
    not_found,                  ///< the path, connection or other thing does not exist
    already_exists,             ///< the target is there and may not be replaced
    conflict,                   ///< the thing changed meanwhile, or is in a state that forbids the request
    not_empty,                  ///< a directory that should go still holds something
    authentication_failed,      ///< the server refused the log-in; never retried, accounts get locked
    permission_denied,          ///< logged in, but this is not allowed
    name_not_resolved,          ///< the host name has no address
    connection_refused,         ///< nobody listens on that port
    host_unreachable,           ///< no route to the host or its network
    connection_lost,            ///< the peer closed or reset the connection, or talked nonsense after it was up
    data_connection_failed,     ///< FTP: the data connection could not be opened or was refused
    server_busy,                ///< too many users or sessions; later it may work
    tls_failed,                 ///< TLS could not be established (version, cipher, refused AUTH, alert)
    certificate_untrusted,      ///< the server's certificate is expired, of another name, or of an unknown issuer
    host_key_mismatch,          ///< the SSH host key is not the one that is known
    host_key_unknown,           ///< the SSH host key is not known yet
    timeout,                    ///< a deadline passed; Error::step names which
    incomplete,                 ///< a transfer ended before its end, or its end could not be proven
    size_mismatch,              ///< the target's size differs from what was sent
    checksum_mismatch,          ///< the target's checksum differs from what was sent
    source_changed,             ///< the source changed while it was read
    no_space,                   ///< the disk is full, there or here
    quota_exceeded,             ///< the user's quota is used up
    protocol_error,             ///< the server broke the protocol
    unsupported,                ///< the server (or the protocol) cannot do this
    disabled,                   ///< the connection is disabled
    outside_working_directory,  ///< the path would leave the connection's working directory
    egress_denied,              ///< policy forbids dialling that address
    cancelled,                  ///< somebody asked to stop
    internal,                   ///< a defect of ours
};

/// The code as the word of the contract, such as "not_found".
std::string_view to_string(ErrorCode code) noexcept;

/// Whether doing the same again later may help. Unknown codes: no.
bool retry_can_help(ErrorCode code) noexcept;

/// The exit status of the command line for this code (2 to 130; see docs/errors.md).
int exit_status(ErrorCode code) noexcept;

/// One wrong input: which field, what was given (never a secret), what is wrong with it and how to mend it.
struct Fault {
    std::string field;
    std::string value;
    std::string problem;
};

/// Every failure of this library. `message` is a sentence of ours; what the server said is kept apart in
/// `server_reply`, because it may hold anything. No member ever holds a secret.
///
/// Build one by chaining: `throw Error(ErrorCode::not_found, "...").at("list").on(path).replied(text);`
class Error : public std::exception {
  public:
    Error(ErrorCode code_, std::string message_) : code(code_), message(std::move(message_)) {}

    Error&& at(std::string step_) &&;
    Error&& on(std::string path_) &&;
    Error&& replied(std::string text) &&;
    Error&& hinting(std::string fix) &&;
    Error&& ends_session() &&;

    const char* what() const noexcept override { return message.c_str(); }

    /// Whether the same attempt may succeed later.
    bool retryable() const noexcept { return retry.value_or(retry_can_help(code)); }

    ErrorCode code;
    std::string message;
    std::string server_reply;     ///< the server's own words, else empty
    std::string path;             ///< the path concerned, else empty
    std::string step;             ///< the step concerned: resolve, connect, secure, identity, login, ... else empty
    std::string hint;             ///< the likely fix, else empty
    std::vector<Fault> faults;    ///< with invalid_argument: every wrong field, not only the first
    std::optional<bool> retry;    ///< overrides what the code says about retrying
    bool session_usable = true;   ///< false: the session must be closed, its state is not known
    std::optional<std::chrono::milliseconds> retry_after;  ///< the server named a wait
};

}  // namespace fairlead
