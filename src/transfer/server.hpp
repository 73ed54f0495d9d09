#pragma once

#include <map>
#include <memory>
#include <string>

namespace fairlead::transfer {

/// What was learned about a server by trying, so that it need not be tried again for every file.
struct Learned {
    bool ignores_restart = false;    ///< agrees to begin in the middle of a file, and begins at its start
    bool restart_truncates = false;  ///< writing in the middle of a file cuts off what stood before
    bool cannot_append = false;      ///< says that it can, and cannot
};

/// One server and one user of it, as this process knows them. All Sessions to it share this.
struct Server {
    Learned learned;
};

/// The servers of a process, by "protocol://user@host:port". For one single-threaded executor, on which all
/// sessions to these servers live.
class Servers {
  public:
    /// The same object for the same key, as long as this registry lives.
    std::shared_ptr<Server> at(const std::string& key) {
        auto& server = servers_[key];
        if (!server) server = std::make_shared<Server>();
        return server;
    }

  private:
    std::map<std::string, std::shared_ptr<Server>> servers_;
};

}  // namespace fairlead::transfer
