#include "store/postgres/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "catalog/record.hpp"
#include "store/postgres/failure.hpp"

namespace fairlead::store::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kScript{600'000};
constexpr milliseconds kShortestPause{20};
constexpr milliseconds kLongestPause{2'000};
constexpr int kMostConflicts = 20;

/// Pauses between attempts: twice as long each time, less a random part, so that many who wait for the same
/// server do not all come at once.
class Pauses {
  public:
    void rest(Clock::time_point until) {
        std::uniform_int_distribution<std::int64_t> part(pause_.count() / 2, pause_.count());
        std::this_thread::sleep_until(std::min(until, Clock::now() + milliseconds(part(random_))));
        pause_ = std::min(pause_ * 2, kLongestPause);
    }

  private:
    milliseconds pause_ = kShortestPause;
    std::minstd_rand random_{std::random_device{}()};
};

/// Whether a connection that was not made may be made a moment later, at a server that was there before.
bool may_come_back(const Failure& failure) {
    switch (failure.code) {
        case ErrorCode::connection_refused:
        case ErrorCode::connection_lost:
        case ErrorCode::host_unreachable:
        case ErrorCode::name_not_resolved:
        case ErrorCode::server_busy:
        case ErrorCode::timeout:
            return true;
        default:
            return false;
    }
}

Error in_doubt(const std::string& database, const Error& cause) {
    Error error(
        ErrorCode::connection_lost,
        fmt::format(
            "The connection to the database {} was lost while a change was stored, and no server could "
            "be asked since: whether it is stored is in doubt.",
            database));
    error.step = "store";
    error.server_reply = cause.server_reply;
    error.hint = "look whether the change is there before it is repeated";
    error.retry = false;
    return error;
}

}  // namespace

Transaction::Transaction(Link& link, const char* begin, milliseconds limit) : link_(link), limit_(limit) {
    link_.run_script(begin, limit_);
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        link_.run_script("ROLLBACK", limit_);
    } catch (const std::exception&) {
        // The connection is gone, and the server has rolled back by itself.
    }
}

Rows Transaction::run(const std::string& sql, std::initializer_list<Value> values) {
    return link_.run(sql, std::span(values.begin(), values.size()), limit_);
}

Rows Transaction::run(const std::string& sql, std::span<const Value> values) {
    return link_.run(sql, values, limit_);
}

void Transaction::run_script(const std::string& sql) {
    link_.run_script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0", limit_);
    link_.run_script(sql, kScript);
}

Database::Database(Address address, Patience patience) : address_(std::move(address)), patience_(patience) {}
Database::~Database() = default;

Link& Database::link() {
    if (link_) return *link_;
    const auto give_up = Clock::now() + (was_connected_ ? patience_.again : patience_.first);
    int refusals = 0;
    for (Pauses pauses;; pauses.rest(give_up)) {
        try {
            auto made = std::make_unique<Link>(address_);
            if (silent_) made->end(*silent_);
            silent_.reset();
            link_ = std::move(made);
            was_connected_ = true;
            listening_.clear();
            return *link_;
        } catch (const Failure& failure) {
            bool worth_waiting = failure.code == ErrorCode::server_busy;
            // A log-in that breaks off in the middle may look like a wrong password to the server.
            if (was_connected_)
                worth_waiting = may_come_back(failure) ||
                                (failure.code == ErrorCode::authentication_failed && ++refusals == 1);
            if (!worth_waiting || Clock::now() >= give_up) throw;
        }
    }
}

void Database::give_up_link(const Failure& failure) {
    if (failure.code == ErrorCode::timeout && link_) silent_ = link_->process();
    link_.reset();
}

/// Repeats an attempt for as long as what failed is the connection, or another transaction was in the way.
void Database::repeat(const std::function<void(Link&)>& attempt) {
    const auto give_up = Clock::now() + patience_.again;
    int conflicts = 0;
    for (Pauses pauses;; pauses.rest(give_up)) {
        auto& current = link();  // waits by itself, and what it throws is final
        try {
            return attempt(current);
        } catch (const Failure& failure) {
            if (failure.connection_gone) give_up_link(failure);
            const bool again = failure.connection_gone
                                   ? Clock::now() < give_up
                                   : failure.lost_against_another() && ++conflicts < kMostConflicts;
            if (!again) throw;
        }
    }
}

Rows Database::read(const std::string& sql, std::initializer_list<Value> values) {
    return read(sql, std::span(values.begin(), values.size()));
}

Rows Database::read(const std::string& sql, std::span<const Value> values) {
    if (current_ != nullptr) return current_->run(sql, values);
    Rows rows;
    repeat([&](Link& link) { rows = link.run(sql, values, patience_.answer); });
    return rows;
}

void Database::repeat_reading(const Step& work) {
    if (current_ != nullptr) return work(*current_);
    repeat([&](Link& link) {
        Transaction transaction(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", patience_.answer);
        work(transaction);
    });
}

void Database::together(const std::function<void()>& work) {
    write([&](Transaction& transaction) {
        struct Within {
            Within(Transaction*& current, Transaction& transaction)
                : current_(current), before_(std::exchange(current, &transaction)) {}
            ~Within() { current_ = before_; }
            Transaction*& current_;
            Transaction* before_;
        } within(current_, transaction);
        work();
    });
}

/// An error ends a transaction of PostgreSQL as a whole, unless it can go back to a savepoint.
void Database::write_within(const Step& work) {
    auto& transaction = *current_;
    // Released too, so that nothing of this part is left for one around it, which has the same name.
    const auto undo = [&] {
        transaction.run("ROLLBACK TO part");
        transaction.run("RELEASE part");
    };
    transaction.run("SAVEPOINT part");
    try {
        work(transaction);
    } catch (const Failure& failure) {
        if (!failure.connection_gone) undo();
        throw;
    } catch (...) {
        undo();
        throw;
    }
    transaction.run("RELEASE part");
}

void Database::repeat_writing(const Step& work) {
    if (current_ != nullptr) return write_within(work);
    repeat([&](Link& link) {
        const auto mark = catalog::make_id();
        std::optional<Failure> lost;
        {
            Transaction transaction(link, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                                    patience_.answer);
            work(transaction);
            try {
                commit(transaction, mark);
                last_mark_ = mark;
                return;
            } catch (const Failure& failure) {
                if (!failure.connection_gone) throw;
                lost = failure;
            }
        }
        give_up_link(*lost);
        if (!was_committed(mark)) throw failure_by_loss("", shown());  // and now it never will be: again
    });
}

void Database::write_unmarked(const Step& work) {
    repeat([&](Link& link) {
        Transaction transaction(link, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", patience_.answer);
        work(transaction);
        transaction.open_ = false;
        link.run_script("COMMIT", kScript);
    });
}

/// Mark and COMMIT go in one message, so a mark costs no round trip. Old marks go with the first transaction:
/// those of programs that ended, whose doubts were resolved long ago.
void Database::commit(Transaction& transaction, const std::string& mark) {
    const auto forget =
        last_mark_.empty()
            ? std::string(
                  "DELETE FROM commit_mark WHERE id IN (SELECT id FROM commit_mark WHERE made_at < now() - "
                  "interval '1 day' LIMIT 1000 FOR UPDATE SKIP LOCKED);")
            : fmt::format("DELETE FROM commit_mark WHERE id = '{}';", last_mark_);
    transaction.link_.run_script(
        fmt::format("{} INSERT INTO commit_mark (id) VALUES ('{}'); COMMIT", forget, mark), patience_.answer);
    transaction.open_ = false;
}

/// Makes the mark itself. Where that finds one, the transaction was committed. Where it finds none, the
/// transaction cannot be committed any more: its own mark would be the second. When it is still being
/// committed at this moment (the network was lost, not the server), this waits for its end.
bool Database::was_committed(const std::string& mark) {
    const auto give_up = Clock::now() + patience_.again;
    for (Pauses pauses;; pauses.rest(give_up)) {
        try {
            const auto made =
                link().run("INSERT INTO commit_mark (id) VALUES ($1::uuid) ON CONFLICT DO NOTHING",
                           {{Value(mark)}}, patience_.answer);
            return made.changed() == 0;
        } catch (const Failure& failure) {
            give_up_link(failure);
            if (Clock::now() >= give_up || !may_come_back(failure)) throw in_doubt(shown(), failure);
        }
    }
}

bool Database::await_notification(const std::string& channel, milliseconds limit) {
    try {
        auto& current = link();
        if (listening_ != channel) {
            current.run_script(fmt::format("UNLISTEN *; LISTEN {}", channel), patience_.answer);
            listening_ = channel;
        }
        return current.await_notification(limit);
    } catch (const Failure& failure) {
        if (!failure.connection_gone) throw;
        give_up_link(failure);
        return true;  // what was said meanwhile was not heard: look
    }
}

}  // namespace fairlead::store::postgres
