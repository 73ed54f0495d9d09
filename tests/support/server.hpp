#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/endpoint.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {

/// A real server (tests/servers), running as long as this object lives.
class Server {
  public:
    /// `script` is a name in tests/servers, `options` are its KEY=VALUE words. Throws std::runtime_error with
    /// what the script said when the server does not start.
    explicit Server(std::string script, const std::vector<std::string>& options = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// The one of this program with these options: started on first use, stopped at the program's end.
    static Server& shared(const std::string& script, const std::vector<std::string>& options = {});

    /// A value that the script printed; empty when it printed none of that name.
    const std::string& operator[](const std::string& key) const;
    /// All that is needed to log in with the password (or the key where there is no password), trusting this
    /// server's authority or host key. Working directory: the user's own folder.
    Endpoint endpoint() const;
    /// The user's folder on this machine's disk.
    std::filesystem::path root() const { return (*this)["root"]; }
    /// A log file's content so far, "" while there is none.
    std::string log(std::string_view name) const;

  private:
    std::string script_;
    TemporaryFolder parent_;
    std::map<std::string, std::string> values_;
};

/// A certificate authority and what it signed, made once per program (tests/servers/make-certificates).
std::filesystem::path certificates();

}  // namespace fairlead::test
