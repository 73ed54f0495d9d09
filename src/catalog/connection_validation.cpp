#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <concepts>

#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/connection_fields.hpp"
#include "catalog/expand_connection.hpp"
#include "catalog/secret_reference.hpp"
#include "catalog/variables.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestDescription = 1000;
/// Whether `${name}` is still a variable, whose value is checked when it is known, or text like any other.
enum class Variables { allowed, replaced };

constexpr unsigned kLongestWait = 86'400;  // a day, in seconds

/// Gathers the faults of one connection.
class Checker {
  public:
    Checker(const Connection& connection, Variables variables) : c_(connection), variables_(variables) {}

    Verdict check() {
        check_texts();
        check_naming();
        check_target();
        check_numbers();
        check_tls();
        check_ftp();
        check_sftp();
        warn_of_odd_ports();
        warn_of_unused_settings();
        return std::move(verdict_);
    }

  private:
    void fault(std::string field, std::string value, std::string problem) {
        if (!problem.empty())
            verdict_.faults.push_back({std::move(field), std::move(value), std::move(problem)});
    }
    void warn(std::string field, std::string value, std::string problem) {
        verdict_.warnings.push_back({std::move(field), std::move(value), std::move(problem)});
    }

    static bool is_pem(std::string_view path) { return path == "tls.ca" || path == "tls.certificate"; }
    static bool may_hold_lines(std::string_view path) {
        return is_pem(path) || path == "tls.key" || path == "sftp.privateKey";
    }

    void check_text(std::string_view path, std::string_view text, bool secret) {
        const std::string shown = secret || is_pem(path) ? "" : std::string(text);
        if (!may_hold_lines(path) && has_control_bytes(text))
            fault(std::string(path), shown, "holds a line break or a NUL byte, which is not allowed");
        else if (variables_ == Variables::allowed && may_hold_variables(path))
            for (const auto& name : variables_in(text))
                if (!is_variable_name(name))
                    fault(std::string(path), shown,
                          fmt::format("holds '${{{}}}', which is no name of a variable; write $${{ for a literal ${{",
                                      name));
    }

    /// Whether the value is only known when the variables in it are.
    bool is_open(std::string_view text) const {
        return variables_ == Variables::allowed && has_variables(text);
    }

    /// Whether the secret itself is at hand to be looked at.
    static bool is_here(const Secret& secret) {
        return !secret.empty() && !is_secret_reference(secret.reveal());
    }

    void check_texts() {
        for_each_field(c_, [this]<class Member>(std::string_view path, const Member& member) {
            if constexpr (std::same_as<Member, std::string>)
                check_text(path, member, false);
            else if constexpr (std::same_as<Member, Secret>)
                check_text(path, member.reveal(), true);
            else if constexpr (std::same_as<Member, std::vector<std::string>>)
                for (const auto& text : member)
                    check_text(path, text, false);
        });
    }

    void check_naming() {
        if (!is_connection_name(c_.name))
            fault("name", c_.name, "must be 1 to 128 letters, digits, '.', '_', '-' or spaces between them");
        if (count_characters(c_.description) > kLongestDescription)
            fault("description", fmt::format("{} characters", count_characters(c_.description)),
                  "must not be longer than 1000 characters");
        for (const auto& tag : c_.tags)
            if (!is_connection_name(tag)) fault("tags", tag, "must be written like a name");
    }

    void check_target() {
        if (!is_open(c_.host)) fault("host", c_.host, problem_of_host(c_.host));
        if (!c_.port.empty() && !is_open(c_.port))
            fault("port", c_.port, problem_of_number(c_.port, 1, 65'535));
        if (c_.protocol == Protocol::sftp && c_.username.empty())
            fault("username", "", "is missing; SFTP needs one");
        if (c_.working_directory.empty())
            fault("workingDirectory", "", "is empty; write / for the server's root");
        if (has_parent_part(c_.working_directory))
            fault("workingDirectory", c_.working_directory, "must not hold '..'; write the directory itself");
        if (!c_.proxy.empty() && !is_open(c_.proxy)) {
            const auto problem = problem_of_proxy(c_.proxy);
            fault("proxy", problem.find("password") == std::string::npos ? c_.proxy : "", problem);
        }
    }

    static bool has_parent_part(std::string_view path) {
        return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
               path.find("/../") != path.npos;
    }

    void check_range(const char* field, unsigned value, unsigned low, unsigned high) {
        const auto text = std::to_string(value);
        fault(field, text, problem_of_number(text, low, high));
    }

    void check_numbers() {
        check_range("timeoutSeconds", c_.timeout_seconds, 1, kLongestWait);
        if (c_.connect_timeout_seconds)
            check_range("connectTimeoutSeconds", *c_.connect_timeout_seconds, 1, kLongestWait);
        if (c_.idle_timeout_seconds)
            check_range("idleTimeoutSeconds", *c_.idle_timeout_seconds, 1, kLongestWait);
        check_range("retryCount", c_.retry_count, 0, 100);
        check_range("maxSessions", c_.max_sessions, 1, 256);
        if (!is_open(c_.bandwidth_limit))
            fault("bandwidthLimit", c_.bandwidth_limit, problem_of_rate_schedule(c_.bandwidth_limit));
    }

    void check_tls() {
        const auto& tls = c_.tls;
        static constexpr std::array kVersions{"TLS", "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"};
        if (!is_open(tls.version) && std::ranges::find(kVersions, tls.version) == kVersions.end())
            fault("tls.version", tls.version,
                  "must be TLS (1.2 and newer), TLS1.0, TLS1.1, TLS1.2 or TLS1.3");
        if (!tls.pin.empty() && !is_open(tls.pin)) fault("tls.pin", tls.pin, problem_of_fingerprint(tls.pin));
        std::string problem;
        if (!tls.ca.empty()) fault("tls.ca", "", problem_of_certificates(tls.ca));
        if (!tls.certificate.empty())
            fault("tls.certificate", "", problem = problem_of_certificates(tls.certificate));
        if (is_here(tls.key)) {
            auto key_problem = problem_of_key(tls.key.reveal());
            if (key_problem.empty() && problem.empty() && !tls.certificate.empty())
                key_problem = problem_of_pair(tls.certificate, tls.key.reveal());
            fault("tls.key", "", key_problem);
        }
        const bool has_key = !tls.key.empty() || c_.sealed.contains("tls.key");
        if (has_key && tls.certificate.empty()) fault("tls.certificate", "", "is missing beside tls.key");
        if (!has_key && !tls.certificate.empty()) fault("tls.key", "", "is missing beside tls.certificate");
        if (!tls.verify && c_.protocol == Protocol::ftps && tls.pin.empty())
            warn("tls.verify", "false",
                 "lets anybody on the way pretend to be the server; a pin would prevent that");
    }

    void check_ftp() {
        if (!c_.ftp.active_address.empty() && !is_open(c_.ftp.active_address))
            fault("ftp.activeAddress", c_.ftp.active_address, problem_of_ip_address(c_.ftp.active_address));
        if (!is_open(c_.ftp.charset)) fault("ftp.charset", c_.ftp.charset, problem_of_charset(c_.ftp.charset));
        if (!is_open(c_.ftp.time_zone))
            fault("ftp.timeZone", c_.ftp.time_zone, problem_of_server_zone(c_.ftp.time_zone));
        for (const auto& command : c_.ftp.login_commands)
            if (command.empty()) fault("ftp.loginCommands", "", "holds an empty command");
    }

    void check_sftp() {
        if (is_here(c_.sftp.private_key))
            fault("sftp.privateKey", "", problem_of_ssh_key(c_.sftp.private_key.reveal()));
        for (const auto& key : c_.sftp.host_keys)
            if (!is_open(key)) fault("sftp.hostKeys", key, problem_of_fingerprint(key));
    }

    void warn_of_odd_ports() {
        const auto port = port_of(c_);
        const auto usual = default_port(c_.protocol, c_.tls.mode);
        if (port == usual || (port != 21 && port != 22 && port != 990)) return;
        const auto what = c_.protocol != Protocol::ftps               ? std::string(to_string(c_.protocol))
                          : c_.tls.mode == TlsOptions::Mode::implicit ? "implicit ftps"
                                                                      : "explicit ftps";
        warn("port", std::to_string(port),
             fmt::format("is unusual for {}, which is mostly found on {}", what, usual));
    }

    void warn_of_unused_settings() {
        const auto& tls = c_.tls;
        if (c_.protocol != Protocol::ftps &&
            (!tls.pin.empty() || !tls.ca.empty() || !tls.certificate.empty() ||
             tls.mode == TlsOptions::Mode::implicit))
            warn("tls", "",
                 fmt::format("is not used by {}; choose the protocol ftps", to_string(c_.protocol)));
        if (c_.protocol != Protocol::sftp && (!c_.sftp.host_keys.empty() || !c_.sftp.private_key.empty()))
            warn("sftp", "", fmt::format("is not used by {}", to_string(c_.protocol)));
        if (c_.protocol == Protocol::sftp && c_.ftp.active) warn("ftp.active", "true", "is not used by sftp");
    }

    const Connection& c_;
    Variables variables_;
    Verdict verdict_;
};

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_connection_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > kLongestName || name.front() == ' ' || name.back() == ' ') return false;
    const auto allowed = [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-' || c == ' ';
    };
    return std::ranges::all_of(name, allowed) && name != "." && name != "..";  // steps in a path
}

std::uint16_t default_port(Protocol protocol, TlsOptions::Mode mode) noexcept {
    if (protocol == Protocol::sftp) return 22;
    return protocol == Protocol::ftps && mode == TlsOptions::Mode::implicit ? 990 : 21;
}

std::uint16_t port_of(const Connection& connection) noexcept {
    if (connection.port.empty()) return default_port(connection.protocol, connection.tls.mode);
    unsigned port = 0;
    for (const char c : connection.port) {
        if (c < '0' || c > '9' || port > 65'535) return 0;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    return port <= 65'535 ? static_cast<std::uint16_t>(port) : 0;
}

Verdict validate(const Connection& connection) {
    return Checker(connection, Variables::allowed).check();
}

Verdict validate_expanded(const Connection& connection) {
    return Checker(connection, Variables::replaced).check();
}

namespace {
Error invalid(std::string_view name, std::vector<Fault> faults) {
    auto error = Error(ErrorCode::invalid_argument,
                       faults.size() == 1
                           ? fmt::format("A field of the connection '{}' is wrong.", name)
                           : fmt::format("{} fields of the connection '{}' are wrong.", faults.size(), name));
    error.faults = std::move(faults);
    return error;
}
}  // namespace

std::vector<Fault> require_valid(const Connection& connection, std::vector<Fault> faults) {
    auto verdict = validate(connection);
    faults.insert(faults.end(), verdict.faults.begin(), verdict.faults.end());
    if (!faults.empty()) throw invalid(connection.name, std::move(faults));
    return std::move(verdict.warnings);
}

void require_valid_expanded(const Connection& connection) {
    auto verdict = validate_expanded(connection);
    if (!verdict.faults.empty()) throw invalid(connection.name, std::move(verdict.faults));
}

}  // namespace fairlead::catalog
