#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

class CurlLoop;

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

/// Hands a mail to the server. Throws what CurlLoop::perform does; permission_denied when it does not take the mail.
awaitable<void> send_mail(CurlLoop& loop, const MailServer& server, const Mail& mail);

/// As it goes over the wire: header and text, with CRLF. For tests, too.
std::string message_of(const MailServer& server, const Mail& mail, const std::string& date);

}  // namespace fairlead::net
