#include "cli/connection_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>

#include "catalog/connection_help.hpp"
#include "catalog/url.hpp"
#include "cli/secret_source.hpp"
#include "cli/verb.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;
using Flags = std::shared_ptr<ConnectionFlags>;

/// The help of a flag is that of its field where it has none of its own.
std::string help_for(const std::string& field, const std::string& own) {
    return own.empty() ? std::string(catalog::help_of_connection(field)) : own;
}

CLI::Option* add_text(CLI::App& verb, const Flags& flags, const std::string& flag, const std::string& field,
                      const std::string& help = {}) {
    return verb.add_option_function<std::string>(
        flag, [flags, field](const std::string& value) { flags->patch.set(field, value); }, help_for(field, help));
}

void add_list(CLI::App& verb, const Flags& flags, const std::string& flag, const std::string& field,
              const std::string& help = {}) {
    verb.add_option_function<std::vector<std::string>>(
            flag,
            [flags, field](const std::vector<std::string>& values) {
                flags->patch.set(field, json::value(json::array(values.begin(), values.end())));
            },
            help_for(field, help))
        ->type_name("TEXT")
        ->allow_extra_args(false);  // one value each time, so that what follows is not swallowed
}

/// A flag with its opposite, such as "--active,!--passive". `when_given` is what the first one sets.
void add_switch(CLI::App& verb, const Flags& flags, const std::string& flag, const std::string& field,
                bool when_given, const std::string& help = {}) {
    verb.add_flag_function(
        flag,
        [flags, field, when_given](std::int64_t count) {
            flags->patch.set(field, json::value((count > 0) == when_given));
        },
        help_for(field, help));
}

void add_password_options(CLI::App& verb, const Flags& flags) {
    verb.add_flag("--password-stdin", flags->password_stdin,
                  "Read the password from standard input: all of it, less one line end");
    verb.add_option("--password-env", flags->password_env, "Take the password from this environment variable")->type_name("VAR");
    verb.add_option("--password-file", flags->password_file,
                    "Take the password from this file, less one line end")->type_name("F");
}

/// "field=value" as a change: true and false as such, [..] as a list, anything else as text.
void take_override(ConnectionFlags& flags, const std::string& text) {
    const auto equals = text.find('=');
    const auto field = text.substr(0, equals), value = equals == std::string::npos ? "" : text.substr(equals + 1);
    const auto refuse = [&](std::string problem) {
        auto error = Error(ErrorCode::invalid_argument, "An --override is wrong.");
        error.faults.push_back({field, "", std::move(problem)});
        throw error;
    };
    if (equals == std::string::npos) refuse("needs a value: --override FIELD=VALUE");
    catalog::Connection any;
    for (const auto& [path, secret] : catalog::secrets_of(any))
        if (path == field) refuse("is a secret, which is never an argument; use --password-env and the like");
    if (value == "true" || value == "false") return flags.patch.set(field, json::value(value == "true"));
    if (!value.starts_with('[')) return flags.patch.set(field, value);
    json::error_code problem;
    auto list = json::parse(value, problem);
    if (problem) refuse("must be a list such as [\"a\",\"b\"]");
    flags.patch.set(field, std::move(list));
}

void add_use_options(CLI::App& verb, const Flags& flags) {
    add_password_options(verb, flags);
    verb.add_option_function<std::vector<std::string>>(
            "--override",
            [flags](const std::vector<std::string>& values) {
                for (const auto& value : values)
                    take_override(*flags, value);
            },
            "For this use, another value of any field of the connection, such as workingDirectory=/in; repeatable")->type_name("FIELD=VALUE")
        ->allow_extra_args(false);
    add_text(verb, flags, "--timeout", "timeoutSeconds")->type_name("SECONDS");
    add_text(verb, flags, "--connect-timeout", "connectTimeoutSeconds")->type_name("SECONDS");
    add_text(verb, flags, "--idle-timeout", "idleTimeoutSeconds")->type_name("SECONDS");
    add_switch(verb, flags, "--tls-insecure,!--tls-verify", "tls.verify", false,
               "Do not check the server's certificate");
    verb.add_option("--tls-ca", flags->tls_ca,
                    "Trust the certificates in this PEM file in place of the system's")->type_name("F");
    add_text(verb, flags, "--tls-pin", "tls.pin")->type_name("SHA256:...");
    verb.add_option("--key-file", flags->key_file, "Log in with this private key (OpenSSH or PEM)")->type_name("F");
    verb.add_option("--passphrase-env", flags->passphrase_env, "The variable with the key's passphrase")->type_name("VAR");
    add_list(verb, flags, "--host-key", "sftp.hostKeys",
             "Accept the host key with this fingerprint (SHA256:...); repeatable");
    verb.add_option_function<std::string>(
            "--known-hosts",
            [flags](const std::string& path) {
                flags->patch.set("sftp.knownHosts", std::filesystem::absolute(path).string());
            },
            "Look host keys up in this file")->type_name("F");
    add_switch(verb, flags, "--accept-new-host-key,!--no-accept-new-host-key", "sftp.acceptNewHostKey", true);
}

void add_target_options(CLI::App& verb, const Flags& flags) {
    verb.add_option("--url", flags->url, "Fill the fields from a URL; ftps is implicit TLS, ftpes explicit")->type_name("ftp|ftps|ftpes|sftp://user@host:port/dir");
    add_text(verb, flags, "--protocol", "protocol", "How to talk to the server")->type_name("ftp|ftps|sftp");
    add_text(verb, flags, "--host", "host")->type_name("H");
    add_text(verb, flags, "--port", "port")->type_name("N");
    add_text(verb, flags, "--username", "username")->type_name("U");
    add_text(verb, flags, "--working-directory", "workingDirectory")->type_name("DIR");
    add_text(verb, flags, "--retries", "retryCount")->type_name("N");
    add_text(verb, flags, "--max-sessions", "maxSessions")->type_name("N");
    add_text(verb, flags, "--bwlimit", "bandwidthLimit")->type_name("RATE");
    add_text(verb, flags, "--proxy", "proxy")->type_name("URL");
    verb.add_option("--proxy-password-env", flags->proxy_password_env,
                    "The variable with the proxy's password")->type_name("VAR");
    add_text(verb, flags, "--description", "description")->type_name("D");
    add_list(verb, flags, "--tag", "tags", "A word to find it by; repeatable");
}

void add_tls_options(CLI::App& verb, const Flags& flags) {
    add_text(verb, flags, "--tls", "tls.mode",
             "TLS after AUTH, or from the first byte; means --protocol ftps")->type_name("explicit|implicit");
    add_text(verb, flags, "--tls-version", "tls.version", "TLS (1.2 and newer), or exactly this one")->type_name("TLS|TLS1.2|TLS1.3");
    verb.add_option("--tls-certificate", flags->tls_certificate, "Client certificate, PEM")->type_name("F");
    verb.add_option("--tls-key", flags->tls_key, "Its private key, PEM")->type_name("F");
    add_switch(verb, flags, "--tls-clear-data,!--tls-protect-data", "tls.protectData", false,
               "Leave data connections in clear (PROT C)");
    add_switch(verb, flags, "--tls-require-close-notify,!--no-tls-require-close-notify", "tls.requireCloseNotify", true);
}

void add_ftp_options(CLI::App& verb, const Flags& flags) {
    add_switch(verb, flags, "--active,!--passive", "ftp.active", true);
    add_text(verb, flags, "--active-address", "ftp.activeAddress")->type_name("A");
    add_text(verb, flags, "--active-ports", "ftp.activePorts", "The ports to listen on")->type_name("LO-HI");
    add_switch(verb, flags, "--trust-pasv-address,!--no-trust-pasv-address", "ftp.trustPasvAddress", true);
    add_text(verb, flags, "--account", "ftp.account")->type_name("A");
    add_text(verb, flags, "--charset", "ftp.charset")->type_name("C");
    add_text(verb, flags, "--time-zone", "ftp.timeZone")->type_name("Z");
    add_switch(verb, flags, "--no-mlsd,!--mlsd", "ftp.useMlsd", false,
               "List with LIST even if the server offers MLSD");
    add_switch(verb, flags, "--no-list-hidden,!--list-hidden", "ftp.listHidden", false,
               "Do not ask LIST for dot files");
    add_list(verb, flags, "--login-command", "ftp.loginCommands",
             "A raw command to send after log-in; repeatable");
}

void add_ssh_options(CLI::App& verb, const Flags& flags) {
    add_switch(verb, flags, "--no-agent,!--agent", "sftp.useAgent", false,
               "Do not try the keys of the SSH agent");
    add_text(verb, flags, "--ciphers", "sftp.ciphers")->type_name("LIST");
    add_text(verb, flags, "--key-exchanges", "sftp.keyExchanges")->type_name("LIST");
    add_text(verb, flags, "--macs", "sftp.macs")->type_name("LIST");
    add_text(verb, flags, "--host-key-algorithms", "sftp.hostKeyAlgorithms")->type_name("LIST");
    add_switch(verb, flags, "--ssh-legacy,!--no-ssh-legacy", "sftp.legacy", true);
}

void take_url(const std::string& url, catalog::ConnectionPatch& patch) {
    auto merged = catalog::fields_of(catalog::read_url(url));
    for (const auto& [key, value] : patch.fields) {
        if (value.is_object())
            for (const auto& [inner, given] : value.get_object())
                merged.set(std::string(key) + "." + std::string(inner), given);
        else
            merged.set(key, value);
    }
    patch.fields = std::move(merged.fields);
}

void take_password(const ConnectionFlags& flags, bool ambient, catalog::ConnectionPatch& patch) {
    const int given =
        int{flags.password_stdin} + int{!flags.password_env.empty()} + int{!flags.password_file.empty()};
    if (given > 1)
        throw Error(
            ErrorCode::invalid_argument,
            "Only one of --password-stdin, --password-env and --password-file can name the password.");
    if (flags.password_stdin)
        patch.secrets["password"] = secret_from_stdin("--password-stdin");
    else if (!flags.password_env.empty())
        patch.secrets["password"] = secret_from_variable(flags.password_env, "--password-env");
    else if (!flags.password_file.empty())
        patch.secrets["password"] = secret_from_file(flags.password_file, "--password-file");
    else if (const auto* password = std::getenv("FAIRLEAD_PASSWORD"); password != nullptr && ambient)
        patch.secrets["password"] = Secret(password);
}

}  // namespace

const catalog::ConnectionPatch& ConnectionFlags::resolve(bool ambient_password) const {
    if (resolved_) return *resolved_;
    auto result = patch;
    if (!url.empty()) take_url(url, result);
    if (result.has("tls.mode") && !result.has("protocol")) result.set("protocol", "ftps");
    take_password(*this, ambient_password, result);
    if (!passphrase_env.empty())
        result.secrets["sftp.passphrase"] = secret_from_variable(passphrase_env, "--passphrase-env");
    if (!proxy_password_env.empty())
        result.secrets["proxyPassword"] = secret_from_variable(proxy_password_env, "--proxy-password-env");
    if (!key_file.empty()) result.secrets["sftp.privateKey"] = Secret(text_from_file(key_file, "--key-file"));
    if (!tls_key.empty()) result.secrets["tls.key"] = Secret(text_from_file(tls_key, "--tls-key"));
    if (!tls_ca.empty()) result.set("tls.ca", text_from_file(tls_ca, "--tls-ca"));
    if (!tls_certificate.empty())
        result.set("tls.certificate", text_from_file(tls_certificate, "--tls-certificate"));
    return resolved_.emplace(std::move(result));
}

std::shared_ptr<ConnectionFlags> add_connection_options(CLI::App& verb) {
    auto flags = std::make_shared<ConnectionFlags>();
    add_target_options(verb, flags);
    add_use_options(verb, flags);
    add_tls_options(verb, flags);
    add_ftp_options(verb, flags);
    add_ssh_options(verb, flags);
    return flags;
}

std::shared_ptr<ConnectionFlags> add_session_options(CLI::App& verb) {
    auto flags = std::make_shared<ConnectionFlags>();
    add_use_options(verb, flags);
    return flags;
}

}  // namespace fairlead::cli
