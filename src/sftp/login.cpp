#include "sftp/login.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace fairlead::sftp {
namespace {

bool contains(std::string text, std::string_view words) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.find(words) != std::string::npos;
}

}  // namespace

std::string_view to_text(LoginMethod method) noexcept {
    switch (method) {
        case LoginMethod::public_key:
            return "public key";
        case LoginMethod::password:
            return "password";
        case LoginMethod::keyboard_interactive:
            return "keyboard-interactive";
        case LoginMethod::agent:
            return "keys of the agent";
    }
    return "";
}

std::string AllowedMethods::to_text() const {
    std::string list;
    const auto add = [&](bool is, std::string_view name) {
        if (is) list.append(list.empty() ? "" : ", ").append(name);
    };
    add(public_key, "publickey");
    add(password, "password");
    add(keyboard_interactive, "keyboard-interactive");
    add(!others.empty(), others);
    return list.empty() ? "nothing" : list;
}

std::optional<LoginMethod> Login::next() {
    // The password answers either of its two methods, but only one of them.
    const bool password_unused = !tried_.contains(LoginMethod::password) &&
                                 !tried_.contains(LoginMethod::keyboard_interactive) && have_.password;
    std::optional<LoginMethod> method;
    if (have_.key && allowed_.public_key && !tried_.contains(LoginMethod::public_key))
        method = LoginMethod::public_key;
    else if (password_unused && allowed_.password)
        method = LoginMethod::password;
    else if (password_unused && allowed_.keyboard_interactive)
        method = LoginMethod::keyboard_interactive;
    else if (have_.agent && allowed_.public_key && !tried_.contains(LoginMethod::agent))
        method = LoginMethod::agent;
    if (method) tried_.insert(*method);
    return method;
}

void Login::denied(LoginMethod method) {
    story_.push_back(fmt::format("{}: refused", to_text(method)));
}

void Login::partly(LoginMethod method) {
    partly_ = true;
    story_.push_back(fmt::format("{}: accepted, but the server wants more", to_text(method)));
}

Error Login::failure(std::string_view user, std::string_view target) const {
    if (story_.empty())
        return Error(ErrorCode::authentication_failed,
                     fmt::format("The connection has no credential that {} accepts for '{}'; it allows: {}.",
                                 target, user, allowed_.to_text()))
            .at("login")
            .hinting(allowed_.password || allowed_.keyboard_interactive
                         ? "Give the connection a password (--password-stdin) or a key (--key-file)."
                         : "Give the connection a private key (--key-file).");
    std::string story;
    for (const auto& line : story_)
        story.append(story.empty() ? "" : "; ").append(line);
    return Error(ErrorCode::authentication_failed,
                 fmt::format("{} refused to log in '{}'. Tried: {}. The server allows: {}.", target, user,
                             story, allowed_.to_text()))
        .at("login")
        .hinting(
            partly_
                ? "The server asks for several proofs in a row; give the connection the missing one."
                : "Check user name, password and key; it is not tried again, because accounts get locked.");
}

PromptKind judge_prompts(std::string_view instruction,
                         const std::vector<std::pair<std::string, bool>>& prompts) {
    for (const auto& [prompt, echo] : prompts)
        if (contains(prompt, "new password") || contains(prompt, "retype") || contains(prompt, "new unix"))
            return PromptKind::new_password;
    if (contains(std::string(instruction), "password") && contains(std::string(instruction), "expired"))
        return PromptKind::new_password;
    if (prompts.size() != 1 || prompts.front().second) return PromptKind::other;
    constexpr std::array<std::string_view, 6> kCodes{"verification", "one-time", "otp",
                                                     "token",        "passcode", "code:"};
    const auto& prompt = prompts.front().first;
    if (!contains(prompt, "password") &&
        std::any_of(kCodes.begin(), kCodes.end(), [&](auto word) { return contains(prompt, word); }))
        return PromptKind::other;
    return PromptKind::password;
}

bool is_encrypted_key(std::string_view text) {
    constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    const auto begin = text.find(kBegin);
    if (begin == std::string_view::npos)  // RFC 1421 header, or PKCS #8
        return text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos ||
               text.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;

    // "openssh-key-v1\0", then the name of the cipher as an SSH string (PROTOCOL.key); 48 characters hold
    // both.
    std::string head;
    for (const char c : text.substr(begin + kBegin.size())) {
        if (std::isspace(static_cast<unsigned char>(c))) continue;
        if (c == '-' || head.size() == 48) break;
        head += c;
    }
    head.resize(head.size() / 4 * 4);
    std::array<unsigned char, 36> bytes{};
    const int length = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(head.data()),
                                       static_cast<int>(head.size()));
    constexpr std::size_t kMagic = 15;
    constexpr std::string_view kNone("\0\0\0\4none", 8);
    if (length < static_cast<int>(kMagic + kNone.size())) return false;
    return std::string_view(reinterpret_cast<const char*>(bytes.data()) + kMagic, kNone.size()) != kNone;
}

}  // namespace fairlead::sftp
