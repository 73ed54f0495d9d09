#include "service/workspace.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "fairlead/error.hpp"
#include "service/connections.hpp"
#include "service/places.hpp"
#include "service/variables.hpp"
#include "service/vault.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

namespace fs = std::filesystem;

std::string process_variable(const char* name) {
    const auto* value = std::getenv(name);
    return value != nullptr ? value : "";
}

const passwd* account() {
    return ::getpwuid(::geteuid());
}

std::string user_name() {
    const auto* entry = account();
    return entry != nullptr ? entry->pw_name : fmt::format("uid {}", ::geteuid());
}

[[noreturn]] void throw_directory_error(std::string_view doing, const std::string& path, int reason) {
    throw Error(reason == ENOSPC ? ErrorCode::no_space : ErrorCode::permission_denied,
                fmt::format("{} the data directory {} failed: {}.", doing, path, std::strerror(reason)))
        .hinting("choose another one with --data or $FAIRLEAD_DATA");
}

void make_directory(const std::string& path) {
    std::error_code error;
    if (const auto parent = fs::path(path).parent_path(); !parent.empty())
        fs::create_directories(parent, error);
    if (error) throw_directory_error("Making", path, error.value());
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw_directory_error("Making", path, errno);
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) throw_directory_error("Opening", path, errno);
    if (!S_ISDIR(facts.st_mode)) throw_directory_error("Opening", path, ENOTDIR);
    if ((facts.st_mode & 022) != 0)
        throw Error(ErrorCode::permission_denied,
                    fmt::format("Others may write to the data directory {} (mode {:04o}), so it is not used.",
                                path, facts.st_mode & 07777))
            .hinting(fmt::format("chmod 700 {}", path));
}

std::string absolute_path(const std::string& given) {
    auto path = fs::absolute(given).lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

struct Workspace::Parts {
    Parts(std::string directory_, const std::string& where)
        : directory(std::move(directory_)),
          actor{user_name(), "cli", true, true},
          store(store::open(where.empty() ? directory + "/fairlead.db" : where)),
          vault(directory, *store),
          projects(store->resources(), actor),
          environments(store->resources(), actor),
          variables(store->resources(), vault, actor),
          connections(*store, vault, variables, actor, environment) {}

    std::string directory;
    Actor actor;
    std::string environment;
    std::unique_ptr<store::Store> store;
    Vault vault;
    Projects projects;
    Environments environments;
    Variables variables;
    Connections connections;
};

Workspace::Workspace(std::string directory, const std::string& store) {
    directory = choose_directory(directory);
    make_directory(directory);
    parts_ = std::make_unique<Parts>(std::move(directory), store);
}

Workspace::~Workspace() = default;

const std::string& Workspace::directory() const noexcept {
    return parts_->directory;
}
store::Store& Workspace::store() noexcept {
    return *parts_->store;
}
void Workspace::act_as(Actor actor) {
    parts_->actor = std::move(actor);
}
const Actor& Workspace::actor() const noexcept {
    return parts_->actor;
}
void Workspace::use_environment(std::string environment) {
    parts_->environment = std::move(environment);
}
const std::string& Workspace::environment() const noexcept {
    return parts_->environment;
}
Projects& Workspace::projects() noexcept {
    return parts_->projects;
}
Environments& Workspace::environments() noexcept {
    return parts_->environments;
}
Variables& Workspace::variables() noexcept {
    return parts_->variables;
}
Connections& Workspace::connections() noexcept {
    return parts_->connections;
}
Vault& Workspace::vault() noexcept {
    return parts_->vault;
}
int Workspace::schema_version() {
    return parts_->store->schema_version();
}

std::string Workspace::choose_directory(const std::string& given) {
    if (!given.empty()) return absolute_path(given);
    if (const auto chosen = process_variable("FAIRLEAD_DATA"); !chosen.empty()) return absolute_path(chosen);
    if (const auto data_home = process_variable("XDG_DATA_HOME"); data_home.starts_with('/'))
        return data_home + "/fairlead";
    auto home = process_variable("HOME");
    if (const auto* entry = account(); home.empty() && entry != nullptr) home = entry->pw_dir;
    return home + "/.local/share/fairlead";
}

}  // namespace fairlead::service
