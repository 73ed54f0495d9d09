#pragma once

#include <string>
#include <string_view>

namespace fairlead::ftp {

/// One command as it goes over the wire: "RETR a b\r\n". Throws Error{invalid_argument} when the verb or the
/// argument holds CR, LF or NUL; nothing may become a second command.
///
/// The byte 0xFF is sent as it is, although the Telnet rules of RFC 959 ask for two: vsftpd and Pure-FTPd
/// would store both, and ProFTPD takes a single one that no Telnet command follows as the same. UTF-8 names
/// never hold it.
std::string command_line(std::string_view verb, std::string_view argument = {});

/// The same for a raw command that a user typed ("SITE CHMOD 600 a").
std::string raw_command_line(std::string_view command);

/// A command line for traces and logs: without its line end, and with the argument of PASS, ACCT and ADAT
/// replaced by
/// "********".
std::string masked(std::string_view line);
/// What `masked` hides of a line: the password itself. Empty: nothing.
std::string_view hidden_in(std::string_view line);

/// The first word in upper case: "retr a" gives "RETR".
std::string verb_of(std::string_view line);

}  // namespace fairlead::ftp
