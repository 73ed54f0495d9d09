#include "service/doctor.hpp"

#include <date/tz.h>
#include <fmt/format.h>
#include <iconv.h>
#include <libssh/libssh.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "fairlead/error.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/setting_store.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/setting_store.hpp"

namespace fairlead::service {
namespace {

using enum Finding::Verdict;
constexpr std::uint64_t kLittleSpace = 100u * 1024 * 1024;

struct FileFacts {
    bool there = false;
    struct stat stat {};
    unsigned mode() const { return stat.st_mode & 07777; }
};

FileFacts look_at(const std::string& path) {
    FileFacts facts;
    facts.there = ::stat(path.c_str(), &facts.stat) == 0;
    return facts;
}

Finding check_directory(const std::string& directory) {
    const auto facts = look_at(directory);
    if (!facts.there)
        return {"data directory", ok,
                fmt::format("{} does not exist yet; it is made on first use", directory), ""};
    if (!S_ISDIR(facts.stat.st_mode))
        return {"data directory", failure, directory + " is no directory", "choose another one with --data"};
    if (facts.stat.st_uid != ::geteuid())
        return {"data directory", warning, directory + " belongs to another user",
                "run as its owner, or use --data"};
    if ((facts.mode() & 077) != 0)
        return {"data directory", (facts.mode() & 022) != 0 ? failure : warning,
                fmt::format("{} is open to others (mode {:04o})", directory, facts.mode()),
                fmt::format("chmod 700 {}", directory)};
    if (::access(directory.c_str(), W_OK) != 0)
        return {"data directory", failure, directory + " cannot be written to", "chmod u+w " + directory};
    return {"data directory", ok, fmt::format("{} (mode {:04o})", directory, facts.mode()), ""};
}

Finding check_integrity(store::sqlite::Database& database) {
    auto rows = database.prepare("PRAGMA quick_check(1)");
    const bool sound = rows.step() && rows.text(0) == "ok";
    if (!sound) return {"database", failure, database.path() + " is damaged", "restore it from your backup"};
    return {"database", ok, database.path(), ""};
}

Finding check_schema(int version, int newest) {
    if (version > newest)
        return {"schema", failure,
                fmt::format("version {}, and this program knows only up to {}", version, newest),
                "use the newer program that made it"};
    if (version < newest)
        return {"schema", ok, fmt::format("version {}, brought up to {} on the next use", version, newest),
                ""};
    return {"schema", ok, fmt::format("version {}", version), ""};
}

Finding check_key(const std::string& directory, int version, store::SettingStore& settings) {
    if (version == 0) return {"secret key", ok, "made with the first secret", ""};
    const auto source = Vault::key_source(directory, settings.get(Vault::kKeySetting));
    return {"secret key", ok, source ? "from " + *source : "made with the first secret", ""};
}

/// Runs a check; what it throws is its finding.
template <class Check>
void add(std::vector<Finding>& findings, const std::string& name, Check check) {
    try {
        findings.push_back(check());
    } catch (const Error& error) {
        findings.push_back({name, failure, error.message, error.hint});
    } catch (const std::exception& error) {
        findings.push_back({name, failure, error.what(), ""});
    }
}

/// Says why when the server cannot be reached, as any other verb would.
void check_server(const std::string& directory, const std::string& url, std::vector<Finding>& findings) {
    using namespace store::postgres;
    try {
        Database database{Address(url)};
        const int version = version_of(database);
        const auto server = database.read("SELECT current_setting('server_version')");
        findings.push_back(
            {"database", ok, fmt::format("{}, PostgreSQL {}", database.shown(), server[0].text(0)), ""});
        add(findings, "schema", [&] { return check_schema(version, newest_version()); });
        PostgresSettingStore settings(database);
        add(findings, "secret key", [&] { return check_key(directory, version, settings); });
    } catch (const Error& error) {
        const auto& said = error.server_reply;
        findings.push_back(
            {"database", failure, said.empty() ? error.message : error.message + " " + said, error.hint});
    }
}

void check_database(const std::string& directory, std::string path, std::vector<Finding>& findings) {
    if (path.empty()) path = directory + "/fairlead.db";
    const auto facts = look_at(path);
    if (!facts.there) return findings.push_back({"database", ok, "none yet; it is made on first use", ""});
    if ((facts.mode() & 077) != 0)
        findings.push_back({"database mode", failure,
                            fmt::format("{} is open to others (mode {:04o})", path, facts.mode()),
                            fmt::format("chmod 600 {}", path)});
    try {
        store::sqlite::Database database(path);
        add(findings, "database", [&] { return check_integrity(database); });
        const int version = store::sqlite::version_of(database);
        add(findings, "schema", [&] { return check_schema(version, store::sqlite::newest_version()); });
        store::sqlite::SqliteSettingStore settings(database);
        add(findings, "secret key", [&] { return check_key(directory, version, settings); });
    } catch (const Error& error) {
        findings.push_back({"database", failure, error.message, error.hint});
    }
}

Finding check_space(std::string directory) {
    struct statvfs facts {};
    while (::statvfs(directory.c_str(), &facts) != 0) {
        const auto slash = directory.rfind('/');
        if (errno != ENOENT || slash == std::string::npos || directory == "/")
            return {"disk space", warning, std::strerror(errno), ""};
        directory = slash == 0 ? "/" : directory.substr(0, slash);
    }
    const auto free = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
    const auto text = fmt::format("{} MiB free at {}", free / (1024 * 1024), directory);
    if (free < kLittleSpace) return {"disk space", warning, text, "make room"};
    return {"disk space", ok, text, ""};
}

Finding check_known_hosts() {
    const auto* home = std::getenv("HOME");
    const auto path = std::string(home != nullptr ? home : "") + "/.ssh/known_hosts";
    const auto facts = look_at(path);
    if (!facts.there) {
        const bool system = look_at("/etc/ssh/ssh_known_hosts").there;
        return {"known hosts", ok,
                system ? "/etc/ssh/ssh_known_hosts only"
                       : "none yet; SFTP connections need --host-key, --known-hosts or --accept-new-host-key",
                ""};
    }
    if ((facts.mode() & 022) != 0)
        return {"known hosts", warning,
                fmt::format("{} can be changed by others (mode {:04o})", path, facts.mode()),
                fmt::format("chmod 600 {}", path)};
    return {"known hosts", ok, path, ""};
}

Finding check_certificates() {
    const std::string file = X509_get_default_cert_file();
    const std::string folder = X509_get_default_cert_dir();
    if (look_at(file).there || look_at(folder).there) return {"certificates", ok, folder, ""};
    return {"certificates", warning, "the system's certificate authorities are missing",
            "apt-get install ca-certificates, or use --tls-ca"};
}

Finding check_time_zones() {
    try {
        date::locate_zone("Europe/Istanbul");
        return {"time zones", ok, "found", ""};
    } catch (const std::runtime_error&) {
        return {"time zones", failure, "the time zone database is missing", "apt-get install tzdata"};
    }
}

Finding check_charsets() {
    const auto converter = ::iconv_open("UTF-8", "WINDOWS-1254");
    if (converter ==
        reinterpret_cast<iconv_t>(-1))  // NOLINT(performance-no-int-to-ptr): iconv's own convention
        return {"character sets", warning, "only a few are installed", "apt-get install libc6"};
    ::iconv_close(converter);
    return {"character sets", ok, "found", ""};
}

Finding libraries() {
    return {"libraries", ok,
            fmt::format("{}, libssh {}, SQLite {}, libsodium {}, Boost {}.{}",
                        OpenSSL_version(OPENSSL_VERSION), ssh_version(0), sqlite3_libversion(),
                        sodium_version_string(), BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000),
            ""};
}

}  // namespace

std::string_view to_string(Finding::Verdict verdict) noexcept {
    switch (verdict) {
        case ok:
            return "ok";
        case warning:
            return "warn";
        case failure:
            return "fail";
    }
    return "fail";
}

std::vector<Finding> diagnose(const std::string& data_directory, const std::string& store) {
    const auto directory = Workspace::choose_directory(data_directory);
    std::vector<Finding> findings;
    findings.push_back(check_directory(directory));
    if (store::postgres::Address::is_url(store))
        check_server(directory, store, findings);
    else
        check_database(directory, store, findings);
    findings.push_back(check_space(directory));
    findings.push_back(check_known_hosts());
    findings.push_back(check_certificates());
    findings.push_back(check_time_zones());
    findings.push_back(check_charsets());
    findings.push_back(libraries());
    return findings;
}

}  // namespace fairlead::service
