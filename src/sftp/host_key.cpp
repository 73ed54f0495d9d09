#include "sftp/host_key.hpp"

#include <fmt/format.h>
#include <libssh/libssh.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

namespace fairlead::sftp {
namespace {

constexpr std::string_view kStep = "identity";

std::optional<KnownHostKey> parse_line(std::string line, const std::string& host, const std::string& where) {
    KnownHostKey found;
    found.where = where;
    if (line.starts_with('@')) {
        constexpr std::string_view kRevoked = "@revoked";
        // A certificate authority's key is no host key; we know no certificates.
        if (!line.starts_with(kRevoked)) return std::nullopt;
        found.revoked = true;
        line.erase(0, std::min(line.find_first_not_of(" \t", kRevoked.size()), line.size()));
    }
    ssh_knownhosts_entry* parsed = nullptr;
    if (line.empty() || line.front() == '#' ||
        ssh_known_hosts_parse_line(host.c_str(), line.c_str(), &parsed) != SSH_OK)
        return std::nullopt;
    const std::unique_ptr<ssh_knownhosts_entry, decltype(&ssh_knownhosts_entry_free)> entry(
        parsed, ssh_knownhosts_entry_free);
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    if (ssh_get_publickey_hash(entry->publickey, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != 0)
        return std::nullopt;
    char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
    found.key.type = ssh_key_type_to_char(ssh_key_type(entry->publickey));
    found.key.fingerprint = text != nullptr ? text : "";
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
    return found;
}

/// Base64 padding and case of the prefix are matters of taste.
bool same_fingerprint(std::string_view a, std::string_view b) {
    const auto bare = [](std::string_view text) {
        constexpr std::string_view kPrefix = "SHA256:";
        if (text.size() > kPrefix.size() &&
            std::equal(kPrefix.begin(), kPrefix.end(), text.begin(),
                       [](char x, char y) { return std::toupper(static_cast<unsigned char>(y)) == x; }))
            text.remove_prefix(kPrefix.size());
        while (text.ends_with('='))
            text.remove_suffix(1);
        return text;
    };
    return bare(a) == bare(b);
}

std::string listed(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts)
        list.append(list.empty() ? "" : ", ").append(text);
    return list;
}

}  // namespace

std::vector<std::string> known_hosts_files(const SftpOptions& options) {
    if (!options.known_hosts.empty()) return {options.known_hosts};
    std::vector<std::string> files;
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
        files.push_back(std::string(home) + "/.ssh/known_hosts");
    files.emplace_back("/etc/ssh/ssh_known_hosts");
    return files;
}

std::vector<KnownHostKey> read_known_hosts(const std::vector<std::string>& files, const std::string& host,
                                           std::uint16_t port) {
    std::string name = host;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (port != 22) name = fmt::format("[{}]:{}", name, port);
    std::vector<KnownHostKey> known;
    for (const auto& file : files) {
        std::error_code missing;
        if (!std::filesystem::is_regular_file(file, missing)) continue;  // a device or a pipe could have no end
        std::ifstream lines(file);
        std::string line;
        for (unsigned number = 1; std::getline(lines, line); ++number)
            if (auto found = parse_line(line, name, fmt::format("{}:{}", file, number)))
                known.push_back(std::move(*found));
    }
    return known;
}

bool check_host_key(const HostKey& shown, const std::vector<KnownHostKey>& known, const SftpOptions& options,
                    std::string_view target) {
    const auto is_shown = [&](const KnownHostKey& one) {
        return one.key.type == shown.type && same_fingerprint(one.key.fingerprint, shown.fingerprint);
    };
    if (std::any_of(known.begin(), known.end(),
                    [&](const auto& one) { return one.revoked && is_shown(one); }))
        throw Error(
            ErrorCode::host_key_mismatch,
            fmt::format("The host key of {} is revoked in known_hosts: {} {}. Nothing was sent to it.",
                        target, shown.type, shown.fingerprint))
            .at(std::string(kStep));

    if (!options.host_keys.empty()) {
        if (std::any_of(options.host_keys.begin(), options.host_keys.end(),
                        [&](const auto& pin) { return same_fingerprint(pin, shown.fingerprint); }))
            return false;
        throw Error(
            ErrorCode::host_key_mismatch,
            fmt::format("{} shows the host key {} {}, but the connection expects {}. No credential was sent.",
                        target, shown.type, shown.fingerprint, listed(options.host_keys)))
            .at(std::string(kStep))
            .hinting(fmt::format("Ask the server's owner whether its key was changed. If so: --host-key {}",
                                 shown.fingerprint));
    }

    std::vector<std::string> same_type;
    std::vector<std::string> other_types;
    for (const auto& one : known) {
        if (one.revoked) continue;
        if (is_shown(one)) return false;
        auto& list = one.key.type == shown.type ? same_type : other_types;
        list.push_back(fmt::format("{} {} ({})", one.key.type, one.key.fingerprint, one.where));
    }
    if (!same_type.empty())
        throw Error(
            ErrorCode::host_key_mismatch,
            fmt::format(
                "The host key of {} has changed: it shows {} {}, but known is {}. Either the server was "
                "set up anew, or somebody is in between. No credential was sent.",
                target, shown.type, shown.fingerprint, listed(same_type)))
            .at(std::string(kStep))
            .hinting(fmt::format(
                "Ask the server's owner. If the new key is right: --host-key {}, or replace the line "
                "in the known_hosts file.",
                shown.fingerprint));
    if (!other_types.empty())
        throw Error(
            ErrorCode::host_key_unknown,
            fmt::format("{} shows a host key of a type that is not known for it: {} {}. Known is {}. No "
                        "credential was sent.",
                        target, shown.type, shown.fingerprint, listed(other_types)))
            .at(std::string(kStep))
            .hinting(fmt::format("Compare the fingerprint with the server's owner, then: --host-key {}",
                                 shown.fingerprint));
    if (options.accept_new_host_key) return true;
    throw Error(ErrorCode::host_key_unknown,
                fmt::format("The host key of {} is not known yet: {} {}. No credential was sent.", target,
                            shown.type, shown.fingerprint))
        .at(std::string(kStep))
        .hinting(
            fmt::format("Compare the fingerprint with the server's owner, then: --host-key {} (or, to trust "
                        "whatever key comes first: --accept-new-host-key)",
                        shown.fingerprint));
}

}  // namespace fairlead::sftp
