#include "support/postgres.hpp"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "store/postgres/link.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

namespace fairlead::test {
namespace {

using store::postgres::Address;
using store::postgres::Link;

void administer(Postgres& server, const std::string& statement) {
    Link link{Address(server.url())};
    link.run(statement, {}, std::chrono::seconds(30));
}

}  // namespace

Postgres::Postgres(const std::vector<std::string>& options)
    : server_("postgresql", options), process_(std::stoi(server_["pid"])) {}

std::string Postgres::url(const std::string& database) const {
    return url_at(server_["host"], port(), database);
}

std::string Postgres::url_at(const std::string& host, std::uint16_t port, const std::string& database) const {
    return "postgresql://" + server_["username"] + ":" + server_["password"] + "@" + host + ":" +
           std::to_string(port) + "/" + database;
}

std::uint16_t Postgres::port() const {
    return static_cast<std::uint16_t>(std::stoul(server_["port"]));
}

std::string Postgres::folder() const {
    return std::filesystem::path(server_["log"]).parent_path().string();
}

void Postgres::kill() {
    ::kill(process_, SIGKILL);
    run("await-end");
}

void Postgres::restart() {
    run("restart");
}

void Postgres::promote() {
    run("promote");
}

void Postgres::run(const char* word) {
    const auto result = run_process({tests_folder() + "/servers/postgresql", word, folder()});
    if (result.status != 0)
        throw std::runtime_error(std::string("postgresql ") + word + ": " + result.errors);
    if (result.output.starts_with("pid=")) process_ = std::stoi(result.output.substr(4));
}

Postgres& Postgres::shared() {
    static const auto server = std::make_unique<Postgres>();
    return *server;
}

PostgresDatabase::PostgresDatabase() : PostgresDatabase(Postgres::shared()) {}

PostgresDatabase::PostgresDatabase(Postgres& server) : server_(server) {
    static int made = 0;
    name_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    administer(server_, "CREATE DATABASE " + name_);
}

PostgresDatabase::~PostgresDatabase() {
    try {
        administer(server_, "DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        // A test has killed the server; its data goes with it.
    }
}

}  // namespace fairlead::test
