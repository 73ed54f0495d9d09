#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace fairlead::flow {

/// How mail leaves this machine.
struct MailServer {
    std::string url;   ///< smtp://HOST[:PORT] (TLS where the server offers it), or smtps://; empty: there is none
    std::string from;  ///< the sender's address
    std::string user, password;
    bool requires_tls = true;  ///< never in clear; false only where url names this machine
    std::chrono::seconds limit{30};
};

struct Mail {
    std::vector<std::string> to;
    std::string id;  ///< the same for the same mail: receivers can tell that it came twice
    std::string subject, text;
};

/// Hands a mail to the server, and blocks until it has taken it. Asks the egress policy at each dial. Throws what reaching
/// it may: name_not_resolved, connection_refused, timeout, tls_failed, certificate_untrusted, authentication_failed,
/// egress_denied; permission_denied when it does not take the mail.
void send_mail(const MailServer& server, const Mail& mail);

/// As it goes over the wire: header and text, with CRLF. For tests, too.
std::string message_of(const MailServer& server, const Mail& mail, const std::string& date);

}  // namespace fairlead::flow
