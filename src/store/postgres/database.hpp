#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/postgres/link.hpp"

namespace fairlead::store::postgres {

class Failure;

/// A transaction under way: what the function given to Database::write or Database::read gets. It is rolled
/// back unless that function returns.
class Transaction {
  public:
    /// One statement, its parameters written $1, $2, and so on. Throws Failure.
    Rows run(const std::string& sql, std::initializer_list<Value> values = {});
    Rows run(const std::string& sql, std::span<const Value> values);
    /// Statements without parameters and without limit of time, such as a migration.
    void run_script(const std::string& sql);

  private:
    friend class Database;
    Transaction(Link& link, const char* begin, std::chrono::milliseconds limit);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    Link& link_;
    std::chrono::milliseconds limit_;
    bool open_ = true;
};

/// How long a Database waits.
struct Patience {
    std::chrono::milliseconds first{
        3'000};  ///< for the first connection, while servers say that they start up
    std::chrono::milliseconds again{
        30'000};  ///< for a connection again, after one was lost: a fail-over takes time
    std::chrono::milliseconds answer{
        40'000};  ///< for a statement; the server's own statement_timeout ends before
};

/// A PostgreSQL database, over one connection that is made when it is needed and made anew, with pauses that
/// grow, when it was lost. Used from one thread.
///
/// What was lost before its commit is done again from the start, and so is what lost against another
/// transaction (serialization failure, deadlock): a function given to `write` may run several times, and must
/// change nothing but the database before it returns. Each transaction leaves a mark of its own (table
/// commit_mark): when the connection is lost after COMMIT was sent, the mark tells whether the change is
/// there, and it is neither lost nor done twice. Only when no server can be asked any more,
/// Error{connection_lost} says that it is in doubt.
///
/// Within a function given to `together` every read and write belongs to its one transaction; a write in
/// there that throws undoes its own changes only.
class Database {
  public:
    explicit Database(Address address, Patience patience = {});
    ~Database();

    const std::string& shown() const noexcept { return address_.shown(); }

    /// One statement that reads.
    Rows read(const std::string& sql, std::initializer_list<Value> values = {});
    Rows read(const std::string& sql, std::span<const Value> values);

    /// Several statements that read, and all see the same state.
    template <class Work>
    auto read_together(const Work& work) {
        return run<Work>(&Database::repeat_reading, work);
    }

    /// All or nothing; gives what `work(Transaction&)` gives.
    template <class Work>
    auto write(const Work& work) {
        return run<Work>(&Database::repeat_writing, work);
    }

    /// Makes one transaction of all reads and writes that `work` asks this object for.
    void together(const std::function<void()>& work);
    bool is_together() const noexcept { return current_ != nullptr; }

    /// As `write`, without a mark: for making the tables, where there is none yet. A lost commit is done
    /// again, so the work must find out by itself what is still to be done.
    void write_unmarked(const std::function<void(Transaction&)>& work);

    /// Waits until somebody says NOTIFY on the channel; false when nobody has within the time. The first call
    /// begins to listen, so what was said before it is not heard.
    bool await_notification(const std::string& channel, std::chrono::milliseconds limit);

  private:
    using Time = std::chrono::steady_clock::time_point;
    using Step = std::function<void(Transaction&)>;

    template <class Work>
    auto run(void (Database::*repeat)(const Step&), const Work& work) {
        using Result = std::invoke_result_t<Work, Transaction&>;
        if constexpr (std::is_void_v<Result>) {
            (this->*repeat)(work);
        } else {
            std::optional<Result> result;
            (this->*repeat)([&](Transaction& transaction) { result.emplace(work(transaction)); });
            return std::move(*result);
        }
    }

    void repeat_reading(const Step& work);
    void repeat_writing(const Step& work);
    void write_within(const Step& work);
    void repeat(const std::function<void(Link&)>& attempt);
    Link& link();
    void give_up_link(const Failure& failure);
    void commit(Transaction& transaction, const std::string& mark);
    bool was_committed(const std::string& mark);

    Address address_;
    Patience patience_;
    std::unique_ptr<Link> link_;
    std::optional<Link::Process> silent_;  ///< of a connection that did not answer, and may still hold locks
    bool was_connected_ = false;
    Transaction* current_ = nullptr;  ///< of `together`
    std::string last_mark_;           ///< of the transaction before: nobody will ask for it any more
    std::string listening_;           ///< the channel that link_ listens to
};

}  // namespace fairlead::store::postgres
