#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/postgres/address.hpp"
#include "store/postgres/rows.hpp"
#include "store/postgres/value.hpp"

struct pg_conn;

namespace fairlead::store::postgres {

/// One connection to PostgreSQL, for its life on one server. Used from one thread. Everything it does is
/// given a time, and what fails is a Failure; when that says `connection_gone`, only destroying it makes
/// sense.
class Link {
  public:
    /// Connects to the first host of the address that answers and takes changes. Each is given
    /// `connect_timeout` of the address (5 s).
    explicit Link(const Address& address);

    /// One statement, its parameters written $1, $2, and so on. From the second time on it is a prepared one, so the
    /// texts should be few: values are given beside.
    Rows run(const std::string& sql, std::span<const Value> values, std::chrono::milliseconds limit);
    /// Several statements with a semicolon between, without parameters; gives what the last one gave. The
    /// first that fails ends it.
    Rows run_script(const std::string& sql, std::chrono::milliseconds limit);

    /// Waits until another connection has said NOTIFY on a channel that this one has said LISTEN to; false
    /// when nobody has within the time.
    bool await_notification(std::chrono::milliseconds limit);

    /// The server's process for this connection, and when it began: together they never name another one.
    struct Process {
        std::int64_t id = 0;
        std::string since;
    };
    const Process& process() const noexcept { return process_; }

    /// Ends the server's process of an earlier connection of the same role, if it still runs. One that this
    /// side has given up may still hold locks: the server knows nothing of that.
    void end(const Process& earlier);

  private:
    const std::string& prepared(const std::string& sql, std::chrono::milliseconds limit);
    int socket() const;
    using Time = std::chrono::steady_clock::time_point;
    void send(bool accepted);
    Rows receive(Time deadline);
    void flush(Time deadline);
    /// Waits for the socket; throws when the deadline passes.
    void await(short events, Time deadline);
    [[noreturn]] void throw_lost() const;

    struct Finish {
        void operator()(pg_conn* connection) const noexcept;
    };
    std::string shown_;
    Process process_;
    std::map<std::string, std::string> statements_;  ///< texts that were run, and the names they are prepared under
    unsigned prepared_ = 0;
    std::unique_ptr<pg_conn, Finish> connection_;
};

}  // namespace fairlead::store::postgres
