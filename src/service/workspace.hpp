#pragma once

#include <memory>
#include <string>

namespace fairlead::service {

class Connections;
class Vault;

/// The data directory, opened: its database, its key, and the services over them. One per process is enough;
/// used from one thread.
class Workspace {
  public:
    /// `directory` empty: see choose_directory. It is made with mode 0700 on first use. `user` is who changes
    /// are recorded for; empty: the operating system's user name. Throws Error{permission_denied} for a
    /// directory that others may write to.
    explicit Workspace(std::string directory, std::string user = {});
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    const std::string& directory() const noexcept;
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
