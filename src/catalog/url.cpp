#include "catalog/url.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/url/parse.hpp>
#include <cctype>

#include "base/path.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

Error malformed(std::string problem) {
    return Error(ErrorCode::invalid_argument, std::move(problem));
}

void read_scheme(std::string scheme, ServerUrl& result) {
    std::ranges::transform(scheme, scheme.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (scheme == "ftp") {
        result.protocol = Protocol::ftp;
    } else if (scheme == "ftps") {
        result.protocol = Protocol::ftps;
        result.tls_mode = TlsOptions::Mode::implicit;
    } else if (scheme == "ftpes") {
        result.protocol = Protocol::ftps;
    } else if (scheme == "sftp") {
        result.protocol = Protocol::sftp;
    } else {
        throw malformed(fmt::format(
            "The scheme '{}' is not one of ftp, ftps (implicit TLS), ftpes (explicit TLS) and sftp.",
            scheme));
    }
}

void read_path(std::string path, ServerUrl& result) {
    path::refuse_control_bytes(path, "URL's path");
    if (path.empty()) {
        result.base = ServerUrl::Base::login;
        path = "/";
    } else if (path == "/~" || path.starts_with("/~/")) {
        result.base = ServerUrl::Base::login;
        path.erase(0, 2);
        if (path.empty()) path = "/";
    } else if (path.starts_with("//")) {  // "/%2F" decoded
        result.base = ServerUrl::Base::root;
        path.erase(0, 1);
    }
    result.path = std::move(path);
}

}  // namespace

bool looks_like_url(std::string_view text) noexcept {
    const auto end = text.find("://");
    if (end == std::string_view::npos || end == 0) return false;
    return std::ranges::all_of(text.substr(0, end), [](unsigned char c) {
        return std::isalnum(c) || c == '+' || c == '-' || c == '.';
    });
}

ServerUrl read_url(std::string_view text) {
    // Before anything else is said about it: a sentence about the URL must not repeat a password.
    const auto authority = text.substr(std::min(text.find("://") + 3, text.size()));
    const auto before_at = authority.substr(0, authority.substr(0, authority.find('/')).rfind('@'));
    const bool has_user = before_at.size() < authority.substr(0, authority.find('/')).size();
    if (has_user && before_at.find(':') != std::string_view::npos)
        throw malformed(
            "The URL holds a password. A password is never an argument, where every process could read it.")
            .hinting(
                "leave it out of the URL and use --password-env VAR, --password-file F, --password-stdin or "
                "$FAIRLEAD_PASSWORD");

    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed)  // with an "@" in it, what cannot be read might still be a password
        throw malformed(text.find('@') == std::string_view::npos
                            ? fmt::format("'{}' is not a well-formed URL.", text)
                            : "The URL is not well-formed.")
            .hinting("write it as sftp://user@host:22/path, with special characters as %20 and the like");
    if (parsed->has_query() || parsed->has_fragment())
        throw malformed(fmt::format("The URL '{}' holds '?' or '#'.", text))
            .hinting("in the name of a file write them as %3F and %23");
    ServerUrl result;
    read_scheme(std::string(parsed->scheme()), result);
    result.host = parsed->host();
    if (result.host.empty()) throw malformed(fmt::format("The URL '{}' names no host.", text));
    result.port = std::string(parsed->port());
    result.username = parsed->user();
    path::refuse_control_bytes(result.username, "URL's user name");
    read_path(parsed->path(), result);
    return result;
}

ConnectionPatch fields_of(const ServerUrl& url) {
    ConnectionPatch fields;
    fields.set("protocol", to_string(url.protocol));
    if (url.protocol == Protocol::ftps)
        fields.set("tls.mode", url.tls_mode == TlsOptions::Mode::implicit ? "implicit" : "explicit");
    fields.set("host", url.host);
    if (!url.port.empty()) fields.set("port", url.port);
    if (!url.username.empty()) fields.set("username", url.username);
    if (url.base == ServerUrl::Base::login && url.path != "/")
        fields.set("workingDirectory", url.path.substr(1));
    else if (url.path != "/")
        fields.set("workingDirectory", url.path);
    return fields;
}

}  // namespace fairlead::catalog
