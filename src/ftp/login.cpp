#include "ftp/login.hpp"

#include <fmt/format.h>

#include "fairlead/error.hpp"
#include "ftp/reply_error.hpp"
#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

constexpr std::string_view kAnonymous = "anonymous";
// RFC 1635 asks for an e-mail address as a courtesy; many servers only look for the "@".
constexpr std::string_view kAnonymousPassword = "anonymous@";

bool names_credentials(std::string_view words) {
    return text::has_any(
        words, {"incorrect", "invalid", "wrong", "authentication fail", "login fail", "failed login",
                "logon fail", "cannot log in", "can't log in", "password", "credential", "attempt"});
}

bool wants_tls(const Reply& reply, std::string_view words) {
    if (reply.code == 522 || reply.code == 533 || reply.code == 534 || reply.code == 535) return true;
    return text::has_any(
        words, {"ssl", "tls", "encrypt", "auth command", "secure connection", "secure control", "cleartext",
                "clear text", "non-secure", "insecure", "non-anonymous sessions must"});
}

Error refusal(ErrorCode code, std::string message, const Reply& reply) {
    return Error(code, std::move(message)).at("login").replied(reply.raw()).ends_session();
}

}  // namespace

LoginMachine::LoginMachine(Credentials credentials) : credentials_(std::move(credentials)) {
    if (credentials_.username.empty()) credentials_.username = kAnonymous;
    const bool anonymous = text::equal_ignoring_case(credentials_.username, kAnonymous) ||
                           text::equal_ignoring_case(credentials_.username, "ftp");
    if (anonymous && credentials_.password.empty()) credentials_.password = Secret(kAnonymousPassword);
}

LoginMachine::Action LoginMachine::start() {
    waiting_ = Waiting::user;
    return {false, "USER", Secret(credentials_.username)};
}

LoginMachine::Action LoginMachine::resume(const Reply& reply) {
    if (waiting_ == Waiting::nothing || waiting_ == Waiting::done)
        throw Error(ErrorCode::internal, "A log-in went on that was not in progress.");
    // 230 and 232 (RFC 2228) are "logged in"; 202 is "not needed"; other 2xx come from servers that mean the
    // same.
    if (reply.is_success()) return finish();
    if (reply.code == 332) return send_account(reply);
    if (reply.is_intermediate() && waiting_ != Waiting::password) return send_password(reply);
    refuse(reply);
}

LoginMachine::Action LoginMachine::send_password(const Reply& reply) {
    if (password_sent_)
        throw refusal(
            ErrorCode::authentication_failed,
            fmt::format("The server asked '{}' for the password again; it is sent once only, so that the "
                        "account is not locked.",
                        credentials_.username),
            reply);
    password_sent_ = true;
    waiting_ = Waiting::password;
    return {false, "PASS", credentials_.password};
}

LoginMachine::Action LoginMachine::send_account(const Reply& reply) {
    if (credentials_.account.empty() || account_sent_)
        throw refusal(ErrorCode::authentication_failed,
                      account_sent_
                          ? "The server did not accept the account (ACCT)."
                          : "The server asks for an account (ACCT) beside user and password, and the "
                            "connection names none.",
                      reply)
            .hinting("Set the connection's FTP account, as the server's operator gave it to you.");
    account_sent_ = true;
    waiting_ = Waiting::account;
    return {false, "ACCT", credentials_.account};
}

LoginMachine::Action LoginMachine::finish() {
    waiting_ = Waiting::done;
    return {true, {}, {}};
}

void LoginMachine::refuse(const Reply& reply) const {
    const auto& user = credentials_.username;
    auto words = text::lowered(reply.text());
    // The user's name says nothing about the reason ("User tlsbackup cannot log in").
    for (const auto name = text::lowered(user);;) {
        const auto at = words.find(name);
        if (at == std::string::npos) break;
        words.erase(at, name.size());
    }
    if (says_too_many(reply))
        throw refusal(ErrorCode::server_busy, "The server admits no more users or connections now.", reply)
            .hinting("Try later, or lower the connection's number of sessions.");
    if (reply.code >= 400 && !credentials_.secured && wants_tls(reply, words))
        throw refusal(ErrorCode::tls_failed, "The server allows no log-in without TLS.", reply)
            .hinting("Use FTPS: protocol ftps with --tls explicit.");
    if (reply.code >= 400 && credentials_.secured &&
        text::has_any(words, {"client certificate", "peer certificate"}))
        throw refusal(ErrorCode::tls_failed, "The server wants a client certificate for the log-in.", reply)
            .hinting("Give --tls-certificate and --tls-key.");
    if (reply.is_permanent() || reply.code == 430 || (reply.is_transient() && names_credentials(words)))
        throw refusal(ErrorCode::authentication_failed,
                      fmt::format("The server refused the log-in of '{}'.", user), reply)
            .hinting(password_sent_
                         ? "Check user name and password; the account may also be locked or expired."
                         : "Check the user name.");
    if (reply.is_transient())
        throw refusal(ErrorCode::server_busy, "The server cannot log anybody in at present.", reply)
            .hinting("Try later.");
    if (reply.is_intermediate())
        throw refusal(
            ErrorCode::authentication_failed,
            fmt::format("The server asks '{}' for more than a password, which no setting answers.", user),
            reply);
    throw refusal(ErrorCode::protocol_error,
                  "The server answered the log-in with a reply that does not belong there.", reply);
}

}  // namespace fairlead::ftp
