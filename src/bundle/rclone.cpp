#include "bundle/rclone.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <fmt/format.h>
#include <array>
#include <memory>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

using Options = std::map<std::string, std::string>;

struct Section {
    std::string name;
    Options options;
};

constexpr std::size_t kBlock = 16;
constexpr std::size_t kLongestSecret = 65'536;
constexpr std::array<unsigned char, 32> kPublishedKey{
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
    0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38};

std::vector<Section> sections_of(std::string_view text) {
    std::vector<Section> sections;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[' && line.back() == ']') {
            sections.push_back({std::string(trimmed(line.substr(1, line.size() - 2))), {}});
            continue;
        }
        const auto equals = line.find('=');
        if (sections.empty() || equals == line.npos) continue;
        sections.back().options[lower(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
    }
    return sections;
}

/// One remote becoming a draft.
class Remote {
  public:
    Remote(const Section& section, const Surroundings& surroundings) : options_(section.options) {
        draft_.origin = section.name;
        user_ = surroundings.user;
    }

    Draft read(bool sftp) {
        draft_.fields.set("protocol", sftp ? "sftp" : "ftp");
        text("host", "host");
        text("port", "port");
        if (!text("user", "username") && !user_.empty()) draft_.fields.set("username", user_);
        secret("pass", "password");
        proxy();
        if (sftp)
            read_sftp();
        else
            read_ftp();
        if (value("ask_password") == "true") draft_.to_enter.emplace_back("password");
        note_the_rest();
        return std::move(draft_);
    }

  private:
    /// The value of an option, which is dealt with then. rclone writes an empty one for the default.
    std::string value(const std::string& option) {
        seen_.insert(option);
        const auto found = options_.find(option);
        return found == options_.end() ? "" : found->second;
    }

    bool text(const std::string& option, std::string_view field) {
        const auto given = value(option);
        if (!given.empty()) draft_.fields.set(field, given);
        return !given.empty();
    }

    bool flag(const std::string& option) { return is_true(value(option)); }

    void list(const std::string& option, std::string_view field) {
        auto given = value(option);
        for (auto& c : given)
            if (c == ' ') c = ',';
        if (!given.empty()) draft_.fields.set(field, given);
    }

    void secret(const std::string& option, const std::string& field) {
        const auto given = value(option);
        if (given.empty()) return;
        if (auto revealed = reveal_rclone(given))
            draft_.fields.secrets[field] = std::move(*revealed);
        else
            draft_.to_enter.push_back(field);
    }

    void proxy() {
        for (const auto* option : {"socks_proxy", "http_proxy"}) {
            auto given = value(option);
            if (given.empty()) continue;
            if (const auto scheme = given.find("://"); scheme != given.npos) given.erase(0, scheme + 3);
            std::string user;
            if (const auto at = given.rfind('@'); at != given.npos) {
                user = given.substr(0, at);
                given.erase(0, at + 1);
            }
            if (const auto colon = user.find(':'); colon != user.npos) {
                draft_.fields.secrets["proxyPassword"] = Secret(std::string_view(user).substr(colon + 1));
                user.resize(colon);
            }
            draft_.fields.set("proxy", fmt::format("{}://{}{}{}",
                                                   std::string_view(option) == "socks_proxy" ? "socks5" : "http",
                                                   user, user.empty() ? "" : "@", given));
        }
    }

    void read_ftp() {
        const bool implicit = flag("tls"), explicit_ = flag("explicit_tls");
        if (implicit || explicit_) {
            draft_.fields.set("protocol", "ftps");
            draft_.fields.set("tls.mode", implicit ? "implicit" : "explicit");
        }
        if (flag("no_check_certificate")) draft_.fields.set("tls.verify", boost::json::value(false));
        if (flag("disable_tls13")) draft_.fields.set("tls.version", "TLS1.2");
        if (flag("disable_mlsd")) draft_.fields.set("ftp.useMlsd", boost::json::value(false));
        if (const auto most = value("concurrency"); !most.empty() && most != "0")
            draft_.fields.set("maxSessions", most);
        for (const auto* option : {"force_list_hidden", "disable_epsv", "disable_utf8", "tls_cache_size"})
            (void)value(option);  // found out by looking, or always so
    }

    void read_sftp() {
        key();
        secret("key_file_pass", "sftp.passphrase");
        if (const auto file = value("known_hosts_file"); !file.empty())
            draft_.fields.set("sftp.knownHosts", file);
        else
            draft_.notes.emplace_back(
                "rclone did not check the server's host key; Fairlead does: pin it with --host-key, or accept "
                "it once with --accept-new-host-key");
        if (const auto agent = value("key_use_agent"); !agent.empty())
            draft_.fields.set("sftp.useAgent", boost::json::value(is_true(agent)));
        if (flag("use_insecure_cipher")) draft_.fields.set("sftp.legacy", boost::json::value(true));
        list("ciphers", "sftp.ciphers");
        list("key_exchange", "sftp.keyExchanges");
        list("macs", "sftp.macs");
        list("host_key_algorithms", "sftp.hostKeyAlgorithms");
        if (const auto most = value("connections"); !most.empty() && most != "0")
            draft_.fields.set("maxSessions", most);
        for (const auto* option : {"disable_hashcheck", "md5sum_command", "sha1sum_command", "shell_type",
                                   "set_modtime", "skip_links", "use_fstat", "chunk_size", "concurrency",
                                   "disable_concurrent_reads", "disable_concurrent_writes", "pubkey_file"})
            (void)value(option);  // found out by looking, or of no matter to a connection
    }

    void key() {
        auto pem = value("key_pem");
        for (std::size_t at = 0; (at = pem.find("\\n", at)) != pem.npos; ++at)
            pem.replace(at, 2, "\n");
        if (!pem.empty() && !pem.ends_with('\n')) pem += '\n';
        const auto file = value("key_file");
        if (!pem.empty())
            draft_.fields.secrets["sftp.privateKey"] = Secret(pem);
        else if (!file.empty())
            draft_.files["sftp.privateKey"] = file;
    }

    void note_the_rest() {
        for (const auto& [option, given] : options_)
            if (option != "type" && option != "description" && !given.empty() && !seen_.contains(option))
                draft_.notes.push_back(
                    fmt::format("rclone's option {} is not carried over", to_printable(option)));
        if (const auto description = options_.find("description"); description != options_.end())
            draft_.fields.set("description", description->second);
    }

    const Options& options_;
    std::string user_;
    std::set<std::string> seen_;
    Draft draft_;
};

}  // namespace

Drafts read_rclone(std::string_view text, const Surroundings& surroundings) {
    require_configuration(text, "rclone configuration");
    if (text.find("RCLONE_ENCRYPT_V") != text.npos)
        throw Error(ErrorCode::invalid_argument, "rclone has encrypted this configuration.")
            .hinting("write it in the clear for the import: rclone config show > FILE");
    const auto sections = sections_of(text);
    if (sections.empty()) throw Error(ErrorCode::invalid_argument, "The rclone configuration holds no remotes.");
    Drafts result;
    Names names;
    for (const auto& section : sections) {
        const auto found = section.options.find("type");
        const auto type = found == section.options.end() ? "" : lower(found->second);
        if (type != "ftp" && type != "sftp") {
            result.skipped.push_back({section.name, type.empty() ? "has no type"
                                                                 : fmt::format("is of the type {}, not ftp or sftp",
                                                                               to_printable(type))});
            continue;
        }
        auto draft = Remote(section, surroundings).read(type == "sftp");
        draft.name = names.next(section.name);
        result.drafts.push_back(std::move(draft));
    }
    return result;
}

bool looks_like_rclone(std::string_view text) {
    if (text.find("RCLONE_ENCRYPT_V") != text.npos) return true;
    for (const auto& section : sections_of(text))
        if (section.options.contains("type")) return true;
    return false;
}

std::optional<Secret> reveal_rclone(std::string_view obscured) {
    if (obscured.size() > kLongestSecret) return std::nullopt;
    std::string raw(obscured.size() + 1, '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(), obscured.data(),
                          obscured.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        size < kBlock)
        return std::nullopt;
    const auto* start = reinterpret_cast<const unsigned char*>(raw.data());
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                EVP_CIPHER_CTX_free);
    std::string clear(size - kBlock + 1, '\0');
    int written = 0;
    const bool done =
        cipher != nullptr &&
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_ctr(), nullptr, kPublishedKey.data(), start) == 1 &&
        EVP_DecryptUpdate(cipher.get(), reinterpret_cast<unsigned char*>(clear.data()), &written, start + kBlock,
                          static_cast<int>(size - kBlock)) == 1;
    // There is no check sum. What was not obscured decrypts to noise, which is hardly ever text.
    std::optional<Secret> secret;
    const std::string_view text(clear.data(), size - kBlock);
    if (done && is_valid_utf8(text)) secret.emplace(text);
    sodium_memzero(clear.data(), clear.size());
    return secret;
}

}  // namespace fairlead::bundle
