#include "bundle/filezilla.hpp"

#include <sodium.h>

#include <fmt/format.h>
#include <charconv>

#include "base/utf8.hpp"
#include "bundle/xml.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr auto kWhat = "FileZilla export";

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// What FileZilla calls the protocols that Fairlead does not speak.
std::string_view foreign_protocol(int protocol) {
    switch (protocol) {
        case 2: return "HTTP";
        case 5: return "HTTPS";
        case 7: return "Amazon S3";
        case 8: case 21: return "Storj";
        case 9: case 19: return "WebDAV";
        case 10: case 11: return "Microsoft Azure";
        case 12: case 20: return "OpenStack Swift";
        case 13: return "Google Cloud Storage";
        case 14: return "Google Drive";
        case 15: return "Dropbox";
        case 16: return "OneDrive";
        case 17: return "Backblaze B2";
        case 18: return "Box";
        default: return "a protocol that Fairlead does not speak";
    }
}

std::optional<Secret> from_base64(std::string_view text) {
    std::string raw(text.size() + 1, '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(raw.data()), raw.size(), text.data(), text.size(),
                          " \t\r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
        return std::nullopt;
    Secret secret(std::string_view(raw).substr(0, size));
    sodium_memzero(raw.data(), raw.size());
    return secret;
}

/// How many bytes of UTF-8 the next `characters` take; npos when the text is shorter.
std::size_t bytes_of(std::string_view text, int characters) {
    std::size_t size = 0;
    for (; characters > 0; --characters) {
        if (size >= text.size()) return std::string_view::npos;
        ++size;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
            ++size;
    }
    return size;
}

/// FileZilla's "safe path", such as "1 0 3 pub 8 with a b": the server's type, the length of a prefix and the
/// prefix, then lengths and parts. Only paths of Unix and unknown servers have a form that is known here.
std::optional<std::string> read_path(std::string_view text) {
    const auto next = [&text]() -> std::optional<int> {
        const auto end = text.find(' ');
        const auto value = number(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        return value;
    };
    const auto type = next(), prefix = next();
    if (!type || !prefix || (*type != 0 && *type != 1) || *prefix != 0) return std::nullopt;
    std::string path;
    while (!text.empty()) {
        const auto length = next();
        const auto size = length && *length > 0 ? bytes_of(text, *length) : text.npos;
        if (size == text.npos) return std::nullopt;
        path += '/';
        path += text.substr(0, size);
        text.remove_prefix(std::min(text.size(), size + 1));
    }
    return path.empty() ? "/" : path;
}

/// One site becoming a draft.
class Site {
  public:
    Site(const XmlElement& server, const std::vector<std::string>& folders) : server_(server) {
        draft_.origin = server.text_of("Name");
        if (draft_.origin.empty()) draft_.origin = trimmed(server.text);
        if (draft_.origin.empty()) draft_.origin = server.text_of("Host");
        boost::json::array tags;
        Names names;
        for (const auto& folder : folders)
            tags.emplace_back(names.next(folder));
        if (!tags.empty()) draft_.fields.set("tags", tags);
    }

    const std::string& origin() const noexcept { return draft_.origin; }

    /// Why no connection can be made of it; empty when one can.
    std::string read() {
        if (const auto reason = read_protocol(); !reason.empty()) return reason;
        draft_.fields.set("host", server_.text_of("Host"));
        if (const auto port = server_.text_of("Port"); !port.empty() && port != "0")
            draft_.fields.set("port", port);
        read_log_in();
        read_directory();
        read_ftp();
        if (const auto most = number(server_.text_of("MaximumMultipleConnections")); most && *most > 0)
            draft_.fields.set("maxSessions", std::to_string(*most));
        if (const auto comments = server_.text_of("Comments"); !comments.empty())
            draft_.fields.set("description", one_line(comments));
        return "";
    }

    Draft take() { return std::move(draft_); }

  private:
    std::string read_protocol() {
        const auto given = server_.text_of("Protocol");
        const auto protocol = given.empty() ? 0 : number(given).value_or(-1);
        is_sftp_ = protocol == 1;
        switch (protocol) {
            case 0:
                draft_.fields.set("protocol", "ftp");
                draft_.notes.emplace_back(
                    "FileZilla used TLS where the server offered it, else clear text; Fairlead never guesses: "
                    "it is plain FTP now, and encrypted after an update with --tls explicit");
                return "";
            case 1: draft_.fields.set("protocol", "sftp"); return "";
            case 3: return secured("implicit");
            case 4: return secured("explicit");
            case 6: draft_.fields.set("protocol", "ftp"); return "";
            default:
                return fmt::format("is for {}, not FTP, FTPS or SFTP", foreign_protocol(protocol));
        }
    }

    std::string secured(std::string_view mode) {
        draft_.fields.set("protocol", "ftps");
        draft_.fields.set("tls.mode", mode);
        return "";
    }

    void read_log_in() {
        enum LogOn { anonymous, normal, ask, interactive, account, key };
        const auto kind = number(server_.text_of("Logontype")).value_or(normal);
        if (kind == anonymous) return;
        draft_.fields.set("username", server_.text_of("User"));
        read_password(kind == ask || kind == interactive);
        if (kind == account) draft_.fields.set("ftp.account", server_.text_of("Account"));
        if (const auto file = server_.text_of("Keyfile"); kind == key && !file.empty())
            draft_.files["sftp.privateKey"] = file;
    }

    void read_password(bool asked) {
        const auto* password = server_.child("Pass");
        if (password == nullptr || password->text.empty()) {
            if (asked) draft_.to_enter.emplace_back("password");
            return;
        }
        const auto found = password->attributes.find("encoding");
        const auto encoding = found == password->attributes.end() ? "" : found->second;
        std::optional<Secret> secret;
        if (encoding == "base64") secret = from_base64(password->text);
        if (encoding.empty()) secret.emplace(password->text);
        if (secret)
            draft_.fields.secrets["password"] = std::move(*secret);
        else
            draft_.to_enter.emplace_back("password");
        if (encoding == "crypt")
            draft_.notes.emplace_back("the password is encrypted under FileZilla's master password");
    }

    void read_directory() {
        const auto* given = server_.child("RemoteDir");
        if (given == nullptr || trimmed(given->text).empty()) return;
        const auto path = read_path(trimmed(given->text));
        if (path)
            draft_.fields.set("workingDirectory", *path);
        else
            draft_.notes.emplace_back("the remote directory has a form that is not carried over");
    }

    void read_ftp() {
        if (is_sftp_) return;
        if (server_.text_of("PasvMode") == "MODE_ACTIVE")
            draft_.fields.set("ftp.active", boost::json::value(true));
        const auto encoding = server_.text_of("EncodingType");
        if (encoding == "Custom") draft_.fields.set("ftp.charset", server_.text_of("CustomEncoding"));
        if (encoding == "UTF-8") draft_.fields.set("ftp.charset", "UTF-8");
        if (const auto offset = number(server_.text_of("TimezoneOffset")).value_or(0); offset != 0)
            draft_.notes.push_back(fmt::format(
                "the time zone offset of {} minutes is not carried over; name the zone with --time-zone", offset));
        const auto* commands = server_.child("PostLoginCommands");
        boost::json::array texts;
        for (std::size_t i = 0; commands != nullptr && i < commands->children.size(); ++i)
            texts.emplace_back(std::string(trimmed(commands->children[i]->text)));
        if (!texts.empty()) draft_.fields.set("ftp.loginCommands", texts);
    }

    static std::string one_line(std::string text) {
        for (auto& c : text)
            if (c == '\n' || c == '\r') c = ' ';
        return text;
    }

    const XmlElement& server_;
    bool is_sftp_ = false;
    Draft draft_;
};

class Reader {
  public:
    Drafts read(const XmlElement& root) {
        const auto* servers = root.child("Servers");
        if (root.name != "FileZilla3" || servers == nullptr)
            throw Error(ErrorCode::invalid_argument, "The XML file is no FileZilla export: it has no <Servers>.")
                .hinting("export the Site Manager's entries in FileZilla: File, Export");
        read_folder(*servers);
        return std::move(result_);
    }

  private:
    void read_folder(const XmlElement& folder) {
        for (const auto& child : folder.children) {
            if (child->name == "Folder") {
                folders_.emplace_back(trimmed(child->text));
                read_folder(*child);
                folders_.pop_back();
            } else if (child->name == "Server") {
                read_site(*child);
            }
        }
    }

    void read_site(const XmlElement& server) {
        Site site(server, folders_);
        if (auto reason = site.read(); !reason.empty()) {
            result_.skipped.push_back({site.origin(), std::move(reason)});
            return;
        }
        auto draft = site.take();
        draft.name = names_.next(draft.origin);
        result_.drafts.push_back(std::move(draft));
    }

    Drafts result_;
    Names names_;
    std::vector<std::string> folders_;
};

}  // namespace

Drafts read_filezilla(std::string_view xml) {
    return Reader().read(*read_xml(xml, kWhat));
}

bool looks_like_filezilla(std::string_view text) {
    return text.substr(0, 4096).find("<FileZilla3") != text.npos;
}

}  // namespace fairlead::bundle
