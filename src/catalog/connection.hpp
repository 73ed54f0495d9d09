#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/record.hpp"
#include "fairlead/endpoint.hpp"
#include "fairlead/error.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// How TLS is to be used, as it is defined and stored.
struct TlsSettings {
    TlsOptions::Mode mode = TlsOptions::Mode::explicit_;
    std::string version =
        "TLS";                ///< "TLS" (1.2 and newer), or exactly "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"
    std::string ca;           ///< PEM
    std::string pin;          ///< "SHA256:" and base64
    std::string certificate;  ///< PEM
    Secret key;
    bool verify = true;
    bool protect_data = true;
    bool require_close_notify = false;
};

/// A named, reusable definition of how to reach one server, as it is stored. A plain value; `validate` says
/// what is wrong with it, `resolve` makes an Endpoint of it.
struct Connection {
    Record record;  ///< id, project, revision, who and when; empty for one that is not stored

    std::string name;
    std::string description;
    bool enabled = true;
    std::vector<std::string> tags;

    Protocol protocol = Protocol::ftp;
    std::string host;
    std::string port;  ///< decimal; empty: the protocol's own
    std::string username;
    Secret password;
    std::string working_directory = "/";
    unsigned timeout_seconds = 30;                    ///< for each connect, handshake and command
    std::optional<unsigned> connect_timeout_seconds;  ///< else timeout_seconds
    std::optional<unsigned> idle_timeout_seconds;     ///< of a data connection; else twice timeout_seconds
    unsigned retry_count = 3;
    unsigned max_sessions = 4;
    std::string bandwidth_limit;  ///< as RateSchedule reads it; empty: none
    std::string proxy;            ///< URL without a password
    Secret proxy_password;

    TlsSettings tls;
    FtpOptions ftp;
    SftpOptions sftp;

    /// Stored secrets by field path, encrypted. Opened only when they are needed; a secret that is also set
    /// in the clear above is a new one.
    std::map<std::string, std::string> sealed;

    /// Once its variables are replaced: the values of secret ones in fields that are none; see Endpoint::hidden.
    std::vector<Secret> hidden;
};

/// A change to a connection: the fields to set, in the JSON shape of the contract (nested objects for tls,
/// ftp and sftp), and secrets by field path ("password", "tls.key", ...), which stay out of the JSON.
struct ConnectionPatch {
    boost::json::object fields;
    std::map<std::string, Secret> secrets;

    /// Sets a field by its path, such as "tls.mode".
    void set(std::string_view path, boost::json::value value);
    void set(std::string_view path, std::string_view text);
    void set(std::string_view path, const char* text) { set(path, std::string_view(text)); }
    bool has(std::string_view path) const;
    /// Whether it sets the field to "", which removes a secret.
    bool sets_empty_text(std::string_view path) const;
    bool empty() const noexcept { return fields.empty() && secrets.empty(); }
};

/// Every wrong field of an input, as Error{invalid_argument}::faults. Warnings do not stop anything.
struct Verdict {
    std::vector<Fault> faults;
    std::vector<Fault> warnings;
};

/// 21; 990 for implicit FTPS; 22.
std::uint16_t default_port(Protocol protocol, TlsOptions::Mode mode) noexcept;
/// The port that is used: the given one, else the protocol's own. 0 when it is no number.
std::uint16_t port_of(const Connection& connection) noexcept;

/// Whether a text can be a connection's name: 1 to 128 characters, letters, digits, "._-" and inner spaces.
bool is_connection_name(std::string_view name) noexcept;

/// Checks every field; see contract: one answer names all that is wrong.
Verdict validate(const Connection& connection);
/// Throws Error{invalid_argument} with every fault, those given and those found, when there is one; gives the
/// warnings.
std::vector<Fault> require_valid(const Connection& connection, std::vector<Fault> faults = {});

/// The connection with the patch laid over it. A field set to null gets its default; a secret set to null
/// stays and one set to "" is removed. Wrong types and unknown fields are added to `faults`; what a record
/// holds beside its fields (id, revision, ...) is ignored, so that what was read can be sent back.
Connection apply(Connection connection, const ConnectionPatch& patch, std::vector<Fault>& faults);
Connection apply(Connection connection, const boost::json::object& fields, std::vector<Fault>& faults);

/// The contract's JSON of the fields. Secrets never appear: they are null.
boost::json::object fields_to_json(const Connection& connection);
/// The same with the record (id, project, revision, etag, ...) and "secretsSet": the paths of the secrets
/// that are set.
boost::json::object to_json(const Connection& connection);

/// Every secret of a connection by field path; also those that are empty.
std::vector<std::pair<std::string, Secret*>> secrets_of(Connection& connection);
/// The paths of the secrets that are set, in the clear or sealed.
std::vector<std::string> secrets_set(const Connection& connection);

/// The endpoint to open: nothing left to look up. The connection is validated first.
/// Throws Error{invalid_argument} for what is invalid, and for `${...}`, which nothing defines yet.
Endpoint resolve(const Connection& connection);

}  // namespace fairlead::catalog
