#include "service/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <tuple>

#include "base/digest.hpp"
#include "base/mask.hpp"

namespace fairlead::service {
namespace {

// Each names every member, so that a new one cannot be forgotten here: it does not compile then.

auto all_of(const Timeouts& timeouts) {
    const auto& [connect, command, idle] = timeouts;
    return std::tie(connect, command, idle);
}

auto all_of(const TlsOptions& tls) {
    const auto& [mode, lowest, highest, ca, pin, certificate, key, verify, protect_data,
                 require_close_notify] = tls;
    return std::tie(mode, lowest, highest, ca, pin, certificate, key, verify, protect_data,
                    require_close_notify);
}

auto all_of(const FtpOptions& ftp) {
    const auto& [active, active_address, active_ports, trust_pasv_address, account, charset, time_zone,
                 use_mlsd, list_hidden, login_commands] = ftp;
    return std::tie(active, active_address, active_ports, trust_pasv_address, account, charset, time_zone,
                    use_mlsd, list_hidden, login_commands);
}

auto all_of(const SftpOptions& sftp) {
    const auto& [private_key, passphrase, use_agent, host_keys, known_hosts, accept_new_host_key, ciphers,
                 key_exchanges, macs, host_key_algorithms, legacy] = sftp;
    return std::tie(private_key, passphrase, use_agent, host_keys, known_hosts, accept_new_host_key, ciphers,
                    key_exchanges, macs, host_key_algorithms, legacy);
}

}  // namespace

std::string server_of(const Endpoint& endpoint) {
    auto host = endpoint.host;
    std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
    return fmt::format("{}://{}@{}:{}", to_string(endpoint.protocol), endpoint.username, host, endpoint.port);
}

std::string identity_of(const Endpoint& endpoint) {
    const auto& directory = endpoint.working_directory;
    const auto identity = server_of(endpoint) + (directory.starts_with('/') ? directory : "/~/" + directory);
    if (endpoint.hidden.empty()) return identity;
    Digest digest(ChecksumAlgorithm::sha256);  // two places that look the same must not be one
    digest.add(std::as_bytes(std::span(identity)));
    return Mask(endpoint.hidden).hidden(identity) + "#" + digest.finish();
}

bool is_same(const Endpoint& a, const Endpoint& b) {
    const auto& [name, protocol, host, port, username, password, working_directory, timeouts, retry_count,
                 max_sessions, proxy, tls, ftp, sftp, hidden] = a;
    return protocol == b.protocol && host == b.host && port == b.port && username == b.username &&
           password == b.password && working_directory == b.working_directory &&
           all_of(timeouts) == all_of(b.timeouts) && retry_count == b.retry_count &&
           max_sessions == b.max_sessions && proxy == b.proxy && all_of(tls) == all_of(b.tls) &&
           all_of(ftp) == all_of(b.ftp) && all_of(sftp) == all_of(b.sftp) && hidden == b.hidden && name == b.name;
}

}  // namespace fairlead::service
