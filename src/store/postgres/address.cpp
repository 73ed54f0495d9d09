#include "store/postgres/address.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "fairlead/error.hpp"

namespace fairlead::store::postgres {
namespace {

constexpr std::string_view kAuthorities = "/etc/ssl/certs/ca-certificates.crt";

struct Free {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, Free>;

/// libpq's own message could repeat a part of the password, so it is not used.
Options parse(std::string_view url) {
    char* problem = nullptr;
    Options options(PQconninfoParse(std::string(url).c_str(), &problem));
    PQfreemem(problem);
    if (!options) {
        Error error(ErrorCode::invalid_argument, "The URL of the PostgreSQL store cannot be understood.");
        error.faults.push_back({"store", "", "is no URL that PostgreSQL's own tools would take"});
        throw std::move(error).hinting(
            "postgresql://USER@HOST:PORT,HOST2:PORT2/DATABASE?sslmode=verify-full; write %40 for a @ in a "
            "name or "
            "password, and %25 for a %");
    }
    return options;
}

/// What the URL, or else the environment, says about an option; "" for nothing.
std::string given(const PQconninfoOption* options, std::string_view keyword) {
    for (const auto* option = options; option->keyword != nullptr; ++option) {
        if (option->keyword != keyword) continue;
        if (option->val != nullptr) return option->val;
        const auto* value = option->envvar != nullptr ? std::getenv(option->envvar) : nullptr;
        return value != nullptr ? value : "";
    }
    return "";
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        parts.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

bool is_on_this_machine(const std::string& host) {
    return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
           host.starts_with("127.") || host == "::1";
}

std::string places(const PQconninfoOption* options) {
    auto hosts = split(given(options, "host"));
    if (hosts.size() == 1 && hosts.front().empty()) hosts = split(given(options, "hostaddr"));
    const auto ports = split(given(options, "port"));
    std::string text;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const auto& host = hosts[i];
        const auto& port = ports[ports.size() == hosts.size() ? i : 0];
        if (i > 0) text += ',';
        text += host.find(':') != std::string::npos ? "[" + host + "]" : host;
        if (!port.empty()) text += ":" + port;
    }
    return text;
}

std::string show(const PQconninfoOption* options) {
    const auto user = given(options, "user");
    const auto service = given(options, "service");
    auto text =
        "postgresql://" + (user.empty() ? "" : user + "@") + places(options) + "/" + given(options, "dbname");
    if (!service.empty()) text += "?service=" + service;
    return text;
}

}  // namespace

bool Address::is_url(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Address::Address(std::string_view url) : url_(url), shown_(show(parse(url).get())) {}

std::vector<std::pair<std::string, std::string>> Address::parameters() const {
    const auto options = parse(url_.reveal());
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr) all.emplace_back(option->keyword, option->val);
    const auto otherwise = [&](const char* keyword, std::string_view value) {
        if (given(options.get(), keyword).empty()) all.emplace_back(keyword, value);
    };
    auto hosts = split(given(options.get(), "host"));
    std::ranges::copy(split(given(options.get(), "hostaddr")), std::back_inserter(hosts));
    if (given(options.get(), "sslmode").empty() && !std::ranges::all_of(hosts, is_on_this_machine)) {
        all.emplace_back("sslmode", "verify-full");
        const auto* home = std::getenv("HOME");
        const auto own = std::string(home != nullptr ? home : "") + "/.postgresql/root.crt";
        if (::access(own.c_str(), R_OK) != 0) otherwise("sslrootcert", kAuthorities);
    }
    otherwise("target_session_attrs", "read-write");
    otherwise("connect_timeout", "5");
    otherwise("keepalives_idle", "10");
    otherwise("keepalives_interval", "5");
    otherwise("keepalives_count", "3");
    otherwise("tcp_user_timeout", "20000");
    otherwise("application_name", "fairlead");
    all.emplace_back("client_encoding", "UTF8");
    return all;
}

}  // namespace fairlead::store::postgres
