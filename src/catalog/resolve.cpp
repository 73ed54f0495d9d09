// From a stored definition to an endpoint that can be opened.

#include <boost/url/url.hpp>
#include <chrono>

#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/expand_connection.hpp"

namespace fairlead::catalog {
namespace {

std::string proxy_url(const Connection& c) {
    if (c.proxy.empty() || c.proxy_password.empty()) return c.proxy;
    boost::urls::url url(c.proxy);
    url.set_password(c.proxy_password.reveal());
    return std::string(url.buffer());
}

std::pair<TlsOptions::Version, TlsOptions::Version> versions(std::string_view text) {
    using enum TlsOptions::Version;
    if (text == "TLS1.0") return {tls_1_0, tls_1_0};
    if (text == "TLS1.1") return {tls_1_1, tls_1_1};
    if (text == "TLS1.2") return {tls_1_2, tls_1_2};
    if (text == "TLS1.3") return {tls_1_3, tls_1_3};
    return {tls_1_2, tls_1_3};
}

TlsOptions tls_options(const TlsSettings& settings) {
    TlsOptions tls;
    tls.mode = settings.mode;
    std::tie(tls.lowest, tls.highest) = versions(settings.version);
    tls.ca = settings.ca;
    tls.pin = settings.pin;
    tls.certificate = settings.certificate;
    tls.key = settings.key;
    tls.verify = settings.verify;
    tls.protect_data = settings.protect_data;
    tls.require_close_notify = settings.require_close_notify;
    return tls;
}

Timeouts timeouts_of(const Connection& c) {
    const auto given = std::chrono::seconds(c.timeout_seconds);
    Timeouts timeouts;
    timeouts.command = given;
    timeouts.connect = c.connect_timeout_seconds ? std::chrono::seconds(*c.connect_timeout_seconds) : given;
    timeouts.idle = c.idle_timeout_seconds ? std::chrono::seconds(*c.idle_timeout_seconds) : 2 * given;
    return timeouts;
}

}  // namespace

Endpoint resolve(const Connection& connection) {
    require_valid_expanded(connection);
    Endpoint endpoint;
    endpoint.name = connection.name;
    endpoint.protocol = connection.protocol;
    endpoint.host = std::string(without_brackets(connection.host));
    endpoint.port = port_of(connection);
    endpoint.username = connection.username;
    endpoint.password = connection.password;
    endpoint.working_directory = connection.working_directory;
    endpoint.timeouts = timeouts_of(connection);
    endpoint.retry_count = connection.retry_count;
    endpoint.max_sessions = connection.max_sessions;
    endpoint.proxy = proxy_url(connection);
    endpoint.tls = tls_options(connection.tls);
    endpoint.ftp = connection.ftp;
    endpoint.sftp = connection.sftp;
    endpoint.hidden = connection.hidden;
    return endpoint;
}

}  // namespace fairlead::catalog
