#pragma once

#include <memory>
#include <string>

namespace fairlead::catalog {
class SecretBox;
}
namespace fairlead::store {
class ConnectionStore;
}

namespace fairlead::service {

class Connections;

/// The data directory, opened: its database, its key, and the services over them. One per process is enough;
/// used from one thread.
class Workspace {
  public:
    /// `directory` empty: $FAIRLEAD_DATA, else the XDG data home. Made with mode 0700 on first use.
    /// `user` is who changes are recorded for; empty: the operating system's user name.
    explicit Workspace(std::string directory, std::string user = {});
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    const std::string& directory() const noexcept;
    Connections& connections() noexcept;

    /// The directory that would be opened, without opening or making it.
    static std::string choose_directory(const std::string& given);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
