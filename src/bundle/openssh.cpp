#include "bundle/openssh.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/utf8.hpp"
#include "bundle/ssh_lines.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr std::size_t kMostHosts = 2'000;

/// What all matching blocks say for one name: the first value of each keyword, and every IdentityFile.
class Settings {
  public:
    Settings(const std::vector<SshBlock>& blocks, const std::string& name) {
        for (const auto& block : blocks) {
            if (!block.applies_to(name, first("hostname", name))) continue;
            for (const auto& line : block.lines)
                values_[line.keyword].push_back(&line);
        }
    }

    /// The first value; `fallback` when there is none.
    std::string first(const std::string& keyword, const std::string& fallback = "") const {
        const auto found = values_.find(keyword);
        return found == values_.end() || found->second.front()->words.empty()
                   ? fallback
                   : found->second.front()->words.front();
    }
    bool has(const std::string& keyword) const { return values_.contains(keyword); }
    std::size_t count(const std::string& keyword) const {
        const auto found = values_.find(keyword);
        return found == values_.end() ? 0 : found->second.size();
    }

  private:
    std::map<std::string, std::vector<const SshLine*>> values_;
};

std::string expand(std::string text, const std::string& host, const std::string& user) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        switch (text[++i]) {
            case '%': result += '%'; break;
            case 'h': case 'n': result += host; break;
            case 'r': result += user; break;
            case 'd': result += '~'; break;
            default: result += {'%', text[i]};
        }
    }
    return result;
}

/// One host becoming a draft.
class Host {
  public:
    Host(std::string name, const std::vector<SshBlock>& blocks, const Surroundings& surroundings)
        : settings_(blocks, name), name_(std::move(name)), user_(settings_.first("user", surroundings.user)) {}

    Draft read() {
        draft_.origin = name_;
        draft_.fields.set("protocol", "sftp");
        draft_.fields.set("host", expand(settings_.first("hostname", name_), name_, user_));
        text("port", "port");
        if (!user_.empty()) draft_.fields.set("username", user_);
        text("connecttimeout", "connectTimeoutSeconds");
        if (settings_.first("connecttimeout") == "none" || settings_.first("connecttimeout") == "0")
            draft_.fields.set("connectTimeoutSeconds", boost::json::value(nullptr));
        read_key();
        read_trust();
        list("ciphers", "sftp.ciphers");
        list("kexalgorithms", "sftp.keyExchanges");
        list("macs", "sftp.macs");
        list("hostkeyalgorithms", "sftp.hostKeyAlgorithms");
        note_what_is_left();
        return std::move(draft_);
    }

  private:
    void text(const std::string& keyword, std::string_view field) {
        if (const auto value = settings_.first(keyword); !value.empty()) draft_.fields.set(field, value);
    }

    void list(const std::string& keyword, std::string_view field) {
        const auto value = settings_.first(keyword);
        if (value.empty()) return;
        if (value.front() == '+' || value.front() == '-' || value.front() == '^')
            draft_.notes.push_back(fmt::format("{} changes ssh's own list, and is not carried over", keyword));
        else
            draft_.fields.set(field, value);
    }

    void read_key() {
        const auto file = expand(settings_.first("identityfile"), settings_.first("hostname", name_), user_);
        if (!file.empty() && lower(file) != "none") {
            draft_.files["sftp.privateKey"] = file;
            if (settings_.count("identityfile") > 1)
                draft_.notes.push_back(fmt::format("of several IdentityFile lines the first counts: {}", file));
        }
        if (is_true(settings_.first("identitiesonly")) || lower(settings_.first("identityagent")) == "none")
            draft_.fields.set("sftp.useAgent", boost::json::value(false));
    }

    void read_trust() {
        const auto file = settings_.first("userknownhostsfile");
        if (file == "none" || file == "/dev/null")
            draft_.notes.emplace_back("UserKnownHostsFile names no file: the host key must be pinned or accepted");
        else if (!file.empty())
            draft_.files["sftp.knownHosts"] = expand(file, name_, user_);
        const auto strict = lower(settings_.first("stricthostkeychecking"));
        if (strict == "accept-new" || strict == "no" || strict == "off")
            draft_.fields.set("sftp.acceptNewHostKey", boost::json::value(true));
        if (strict == "no" || strict == "off")
            draft_.notes.emplace_back("a new host key is accepted once; a changed one is refused, unlike by ssh");
    }

    void note_what_is_left() {
        static constexpr std::pair<const char*, const char*> kLeft[] = {
            {"proxyjump", "ProxyJump is not carried over: the server must be reachable without it"},
            {"proxycommand", "ProxyCommand is not carried over: the server must be reachable without it"},
            {"certificatefile", "CertificateFile is not carried over"},
            {"hostkeyalias", "HostKeyAlias is not carried over: the host key is looked up under the host's name"},
            {"bindaddress", "BindAddress is not carried over"},
            {"bindinterface", "BindInterface is not carried over"},
            {"addressfamily", "AddressFamily is not carried over"},
            {"pkcs11provider", "PKCS11Provider is not carried over"},
        };
        for (const auto& [keyword, note] : kLeft)
            if (settings_.has(keyword) && lower(settings_.first(keyword)) != "none" &&
                lower(settings_.first(keyword)) != "any")
                draft_.notes.emplace_back(note);
    }

    Settings settings_;
    std::string name_, user_;
    Draft draft_;
};

}  // namespace

Drafts read_openssh(std::string_view text, const Surroundings& surroundings) {
    require_configuration(text, "OpenSSH configuration");
    Drafts result;
    const auto blocks = read_ssh_blocks(text, surroundings.include, result.notes);
    Names names;
    std::set<std::string> seen;
    for (const auto& block : blocks) {
        for (const auto& pattern : block.patterns) {
            if (block.kind != SshBlock::Kind::host || is_ssh_pattern(pattern)) continue;
            if (!seen.insert(lower(pattern)).second) continue;
            if (seen.size() > kMostHosts)
                throw Error(ErrorCode::invalid_argument,
                            fmt::format("The OpenSSH configuration holds more than {} hosts.", kMostHosts));
            auto draft = Host(pattern, blocks, surroundings).read();
            draft.name = names.next(pattern);
            result.drafts.push_back(std::move(draft));
        }
    }
    if (result.drafts.empty())
        result.notes.emplace_back("the configuration names no host, only patterns and defaults");
    return result;
}

bool looks_like_openssh(std::string_view text) {
    if (text.size() > kLargestConfiguration || !is_valid_utf8(text)) return false;
    std::vector<std::string> notes;
    try {
        const auto blocks = read_ssh_blocks(text, {}, notes);
        return std::ranges::any_of(blocks, [](const SshBlock& block) { return block.kind == SshBlock::Kind::host; });
    } catch (const Error&) {
        return false;
    }
}

}  // namespace fairlead::bundle
