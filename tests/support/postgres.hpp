#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/server.hpp"

namespace fairlead::test {

/// A PostgreSQL (tests/servers/postgresql) of one's own, that may be killed and started again.
class Postgres {
  public:
    explicit Postgres(const std::vector<std::string>& options = {});

    const Server& server() const noexcept { return server_; }
    /// With the role that owns the database; `at`: through a proxy there.
    std::string url(const std::string& database = "fairlead") const;
    std::string url_at(const std::string& host, std::uint16_t port,
                       const std::string& database = "fairlead") const;
    std::uint16_t port() const;
    /// The folder, for `standby_of=`.
    std::string folder() const;

    void kill();     ///< kill -9, as when the machine's memory is full
    void restart();  ///< waits until it answers again
    void promote();  ///< of a standby

    /// The one of this program, shared by all tests that do not harm it.
    static Postgres& shared();

  private:
    void run(const char* word);
    Server server_;
    int process_;
};

/// A new database on the shared server, dropped with this object.
class PostgresDatabase {
  public:
    PostgresDatabase();
    explicit PostgresDatabase(Postgres& server);
    ~PostgresDatabase();
    PostgresDatabase(const PostgresDatabase&) = delete;
    PostgresDatabase& operator=(const PostgresDatabase&) = delete;

    std::string url() const { return server_.url(name_); }
    std::string url_at(const std::string& host, std::uint16_t port) const {
        return server_.url_at(host, port, name_);
    }

  private:
    Postgres& server_;
    std::string name_;
};

}  // namespace fairlead::test
