#pragma once

#include <memory>
#include <string>

#include "service/actor.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

class Connections;
class Environments;
class Projects;
class Variables;
class Vault;

/// The data directory, opened: its store, its key, and the services over them. Used from one thread; a
/// process that answers many at once has several (WorkspacePool).
class Workspace {
  public:
    /// `directory` empty: see choose_directory. It is made with mode 0700 on first use. `store` is where
    /// everything but the key is kept, as store::open takes it; empty: fairlead.db in the directory. Changes
    /// are recorded for the operating system's user, by the command line, until act_as says otherwise; that user may
    /// name what is kept on this machine. Throws
    /// Error{permission_denied} for a directory that others may write to, and what store::open throws.
    explicit Workspace(std::string directory, const std::string& store = {});
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    const std::string& directory() const noexcept;
    store::Store& store() noexcept;
    /// Who the changes that follow are recorded for.
    void act_as(Actor actor);
    const Actor& actor() const noexcept;
    /// Which environment `${name}` is looked up in by what follows; empty: none.
    void use_environment(std::string environment);
    const std::string& environment() const noexcept;
    Projects& projects() noexcept;
    Environments& environments() noexcept;
    Variables& variables() noexcept;
    Connections& connections() noexcept;
    Vault& vault() noexcept;
    /// The version of the database's schema.
    int schema_version();

    /// The given directory, else $FAIRLEAD_DATA, else $XDG_DATA_HOME/fairlead, else ~/.local/share/fairlead.
    static std::string choose_directory(const std::string& given);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
