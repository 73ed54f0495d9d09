#include "store/postgres/link.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <vector>

#include "store/postgres/failure.hpp"

namespace fairlead::store::postgres {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kOldestServer = 120000;  // 12: what the statements of this store were written for
constexpr std::chrono::seconds kSetUp{10};
constexpr std::size_t kMostPrepared = 256;  // texts of statements; there are fewer, but for the filters of lists

// Only where nobody (role, database, URL) has chosen otherwise. The last four give locks back when this
// process or its machine vanishes within a transaction.
constexpr const char* kSettings =
    "SELECT set_config(name, value, false) FROM (VALUES ('statement_timeout', '30s'), ('lock_timeout', "
    "'20s'), "
    "('idle_in_transaction_session_timeout', '10s')) AS s (name, value) WHERE current_setting(name) = '0';"
    "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', "
    "false), "
    "set_config('tcp_keepalives_count', '3', false);"
    "SELECT current_setting('server_encoding'), pid, backend_start FROM pg_stat_activity "
    "WHERE pid = pg_backend_pid()";

void ignore_notice(void*, const pg_result*) {}

}  // namespace

void Link::Finish::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

Link::Link(const Address& address) : shown_(address.shown()) {
    {
        const auto parameters = address.parameters();
        std::vector<const char*> keywords, values;
        for (const auto& [keyword, value] : parameters) {
            keywords.push_back(keyword.c_str());
            values.push_back(value.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
    }
    if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK)
        throw failure_to_connect(PQerrorMessage(connection_.get()), shown_);
    PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
    PQsetnonblocking(connection_.get(), 1);
    const int version = PQserverVersion(connection_.get());
    if (version < kOldestServer)
        throw Error(ErrorCode::unsupported,
                    fmt::format("The database {} is PostgreSQL {}; 12 is the oldest that can be used.",
                                shown_, version / 10000));
    const auto rows = run_script(kSettings, kSetUp);
    process_ = {rows[0].number(1), std::string(rows[0].text(2))};
    if (rows[0].text(0) != "UTF8")
        throw Error(ErrorCode::unsupported,
                    fmt::format("The database {} does not keep its texts in UTF-8.", shown_))
            .hinting("make another one: createdb -E UTF8 -T template0 DATABASE");
}

int Link::socket() const {
    return PQsocket(connection_.get());
}

void Link::end(const Process& earlier) {
    const std::array<Value, 2> values{earlier.id, earlier.since};
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = "
        "$2::timestamptz",
        values, kSetUp);
}

Rows Link::run(const std::string& sql, std::span<const Value> values, std::chrono::milliseconds limit) {
    std::vector<const char*> texts;
    std::vector<int> sizes, formats;
    for (const auto& value : values) {
        texts.push_back(value.data());
        sizes.push_back(value.size());
        formats.push_back(value.is_binary() ? 1 : 0);
    }
    const auto& name = prepared(sql, limit);
    const auto count = static_cast<int>(values.size());
    send((name.empty() ? PQsendQueryParams(connection_.get(), sql.c_str(), count, nullptr, texts.data(), sizes.data(),
                                           formats.data(), 0)
                       : PQsendQueryPrepared(connection_.get(), name.c_str(), count, texts.data(), sizes.data(),
                                             formats.data(), 0)) == 1);
    return receive(Clock::now() + limit);
}

/// The name of a prepared statement; empty the first time, for which preparing would be one more round trip.
const std::string& Link::prepared(const std::string& sql, std::chrono::milliseconds limit) {
    static const std::string none;
    const auto found = statements_.find(sql);
    if (found == statements_.end()) {
        if (statements_.size() < kMostPrepared) statements_.emplace(sql, "");
        return none;
    }
    auto& name = found->second;
    if (!name.empty()) return name;
    const auto wanted = fmt::format("fairlead_{}", ++prepared_);
    send(PQsendPrepare(connection_.get(), wanted.c_str(), sql.c_str(), 0, nullptr) == 1);
    (void)receive(Clock::now() + limit);
    return name = wanted;
}

Rows Link::run_script(const std::string& sql, std::chrono::milliseconds limit) {
    send(PQsendQuery(connection_.get(), sql.c_str()) == 1);
    return receive(Clock::now() + limit);
}

void Link::send(bool accepted) {
    if (!accepted) throw_lost();
}

/// Reads until the server is ready for the next statement, so that an error leaves the connection in order.
Rows Link::receive(Time deadline) {
    flush(deadline);
    Rows last;
    std::optional<Failure> failure;
    for (;;) {
        while (PQisBusy(connection_.get()) == 1) {
            await(POLLIN, deadline);
            if (PQconsumeInput(connection_.get()) != 1) throw_lost();
        }
        auto* result = PQgetResult(connection_.get());
        if (result == nullptr) break;
        Rows rows(result);
        const auto status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !failure)
            failure = failure_of(result, shown_);
        last = std::move(rows);
    }
    if (failure) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) failure->connection_gone = true;
        throw std::move(*failure);
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw_lost();
    return last;
}

void Link::flush(Time deadline) {
    for (;;) {
        const int left = PQflush(connection_.get());
        if (left == 0) return;
        if (left < 0) return;  // the server may have said why before it went: receive finds out
        await(POLLIN | POLLOUT, deadline);
        if (PQconsumeInput(connection_.get()) != 1) return;
    }
}

void Link::await(short events, Time deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) throw failure_by_silence(shown_);
        pollfd wait{socket(), events, 0};
        if (wait.fd < 0) throw_lost();
        const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) throw_lost();
    }
}

bool Link::await_notification(std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    struct Free {
        void operator()(PGnotify* notification) const noexcept { PQfreemem(notification); }
    };
    for (;;) {
        if (PQconsumeInput(connection_.get()) != 1) throw_lost();
        bool notified = false;
        while (std::unique_ptr<PGnotify, Free> one{PQnotifies(connection_.get())})
            notified = true;
        if (notified) return true;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd wait{socket(), POLLIN, 0};
        if (wait.fd < 0 || (::poll(&wait, 1, static_cast<int>(left.count())) < 0 && errno != EINTR))
            throw_lost();
    }
}

void Link::throw_lost() const {
    throw failure_by_loss(PQerrorMessage(connection_.get()), shown_);
}

}  // namespace fairlead::store::postgres
