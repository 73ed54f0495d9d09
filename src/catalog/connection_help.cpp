#include "catalog/connection_help.hpp"

#include <algorithm>
#include <array>

namespace fairlead::catalog {
namespace {

struct FieldHelp {
    std::string_view path, help;
};

constexpr auto kHelp = std::to_array<FieldHelp>({
    {"name", "1 to 128 letters, digits, '.', '_', '-' and inner spaces; another one renames it"},
    {"description", "What it is for; at most 1000 characters"},
    {"enabled", "false: it is kept, and its use is refused"},
    {"tags", "Words to find it by"},
    {"protocol", "How to talk to the server: ftp, ftps or sftp"},
    {"host", "Host name, IPv4 or IPv6 address"},
    {"port", "Default: 21, 990 for implicit FTPS, 22 for SFTP"},
    {"username", "Empty: anonymous, over FTP"},
    {"password", "A text, or where it is kept: env:NAME, file:PATH, command:..."},
    {"workingDirectory", "Where paths begin; nothing above it can be reached"},
    {"timeoutSeconds", "How long each connect, handshake and command may take"},
    {"connectTimeoutSeconds", "For connects and handshakes only"},
    {"idleTimeoutSeconds", "How long a transfer may stand still; default: twice the time-out"},
    {"retryCount", "How often to try again what may succeed later; 0: one attempt"},
    {"maxSessions", "How many sessions to hold open at once"},
    {"bandwidthLimit",
     "What transfers may take in bytes a second, such as 10M, or a timetable: \"08:00,512K 19:00,off\""},
    {"proxy", "Go through http://HOST:PORT or socks5://HOST:PORT"},
    {"proxyPassword", "For the proxy"},

    {"tls.mode", "explicit: TLS after AUTH; implicit: from the first byte"},
    {"tls.version", "TLS (1.2 and newer), or exactly TLS1.2 or TLS1.3"},
    {"tls.ca", "Trust these certificates (PEM) in place of the system's"},
    {"tls.pin", "Trust exactly the certificate with this key"},
    {"tls.certificate", "Client certificate, PEM"},
    {"tls.key", "Its private key, PEM"},
    {"tls.verify", "Check the server's certificate"},
    {"tls.protectData", "Encrypt data connections too (PROT P)"},
    {"tls.requireCloseNotify", "Take a download that ends without close_notify as broken"},

    {"ftp.active", "Let the server open data connections (EPRT, PORT)"},
    {"ftp.activeAddress", "The address to announce"},
    {"ftp.activePorts", "The ports to listen on, LO-HI"},
    {"ftp.trustPasvAddress", "Follow a PASV reply that names another host"},
    {"ftp.account", "The answer to a server that asks for an account"},
    {"ftp.charset", "The character set of file names, as iconv names it"},
    {"ftp.timeZone", "Of the times in listings: Europe/Istanbul, +03:00, or auto to find it out"},
    {"ftp.useMlsd", "List with MLSD where the server offers it"},
    {"ftp.listHidden", "Ask LIST for dot files too"},
    {"ftp.loginCommands", "Raw commands to send after log-in"},

    {"sftp.privateKey", "Log in with this private key (OpenSSH or PEM)"},
    {"sftp.passphrase", "Of the private key"},
    {"sftp.useAgent", "Try the keys of the SSH agent"},
    {"sftp.hostKeys", "Accept the host keys with these fingerprints (SHA256:...)"},
    {"sftp.knownHosts", "Look host keys up in this file"},
    {"sftp.acceptNewHostKey", "Trust a host key that is not known yet, and remember it; never a changed one"},
    {"sftp.ciphers", "SSH ciphers, best first"},
    {"sftp.keyExchanges", "SSH key exchanges, best first"},
    {"sftp.macs", "SSH message authentication codes, best first"},
    {"sftp.hostKeyAlgorithms", "Host key types, best first"},
    {"sftp.legacy", "Also offer what is no longer safe, for old servers"},
});

}  // namespace

std::string_view help_of_connection(std::string_view path) noexcept {
    const auto found = std::ranges::find(kHelp, path, &FieldHelp::path);
    return found != kHelp.end() ? found->help : std::string_view();
}

}  // namespace fairlead::catalog
