#pragma once

#include <string>
#include <type_traits>

#include "catalog/connection.hpp"

namespace fairlead::catalog {

/// A port as text, so that it can be told from other texts: JSON writes it as a number.
template <class Text>
struct PortField {
    Text& text;
};

/// Calls `visit(path, member)` for every field, in the order of the contract: what reading, writing and
/// comparing connections share. Secrets come as Secret.
template <class SomeConnection, class Visitor>
void for_each_field(SomeConnection& c, Visitor&& visit) {
    visit("name", c.name);
    visit("description", c.description);
    visit("enabled", c.enabled);
    visit("tags", c.tags);
    visit("protocol", c.protocol);
    visit("host", c.host);
    visit("port", PortField<std::remove_reference_t<decltype((c.port))>>{c.port});
    visit("username", c.username);
    visit("password", c.password);
    visit("workingDirectory", c.working_directory);
    visit("timeoutSeconds", c.timeout_seconds);
    visit("connectTimeoutSeconds", c.connect_timeout_seconds);
    visit("idleTimeoutSeconds", c.idle_timeout_seconds);
    visit("retryCount", c.retry_count);
    visit("maxSessions", c.max_sessions);
    visit("bandwidthLimit", c.bandwidth_limit);
    visit("proxy", c.proxy);
    visit("proxyPassword", c.proxy_password);

    visit("tls.mode", c.tls.mode);
    visit("tls.version", c.tls.version);
    visit("tls.ca", c.tls.ca);
    visit("tls.pin", c.tls.pin);
    visit("tls.certificate", c.tls.certificate);
    visit("tls.key", c.tls.key);
    visit("tls.verify", c.tls.verify);
    visit("tls.protectData", c.tls.protect_data);
    visit("tls.requireCloseNotify", c.tls.require_close_notify);

    visit("ftp.active", c.ftp.active);
    visit("ftp.activeAddress", c.ftp.active_address);
    visit("ftp.activePorts", c.ftp.active_ports);
    visit("ftp.trustPasvAddress", c.ftp.trust_pasv_address);
    visit("ftp.account", c.ftp.account);
    visit("ftp.charset", c.ftp.charset);
    visit("ftp.timeZone", c.ftp.time_zone);
    visit("ftp.useMlsd", c.ftp.use_mlsd);
    visit("ftp.listHidden", c.ftp.list_hidden);
    visit("ftp.loginCommands", c.ftp.login_commands);

    visit("sftp.privateKey", c.sftp.private_key);
    visit("sftp.passphrase", c.sftp.passphrase);
    visit("sftp.useAgent", c.sftp.use_agent);
    visit("sftp.hostKeys", c.sftp.host_keys);
    visit("sftp.knownHosts", c.sftp.known_hosts);
    visit("sftp.acceptNewHostKey", c.sftp.accept_new_host_key);
    visit("sftp.ciphers", c.sftp.ciphers);
    visit("sftp.keyExchanges", c.sftp.key_exchanges);
    visit("sftp.macs", c.sftp.macs);
    visit("sftp.hostKeyAlgorithms", c.sftp.host_key_algorithms);
    visit("sftp.legacy", c.sftp.legacy);
}

}  // namespace fairlead::catalog
