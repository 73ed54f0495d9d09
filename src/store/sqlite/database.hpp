#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace fairlead::store::sqlite {

class Database;

/// One prepared statement in use; afterwards the database keeps it for the next one who needs the same. Parameters
/// are bound in order, rows are read column by column; a text stays valid until the next step.
class Statement {
  public:
    Statement(Statement&& other) noexcept = default;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    Statement& bind_blob(std::string_view bytes);
    Statement& bind_null();
    /// Ready to be bound and run anew.
    Statement& again();

    /// Goes to the next row; false at the end. Throws as Database::run does.
    bool step();
    /// Runs a statement that gives no rows, or whose rows do not matter.
    void run();

    std::string_view text(int column) const;
    std::string_view blob(int column) const;
    std::int64_t number(int column) const;
    bool is_null(int column) const;

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    using Handle = std::unique_ptr<sqlite3_stmt, Finalize>;
    Statement(sqlite3* database, Handle statement, std::vector<Handle>* idle)
        : database_(database), statement_(std::move(statement)), idle_(idle) {}

    sqlite3* database_;
    Handle statement_;
    std::vector<Handle>* idle_;  ///< where it goes afterwards; null: nowhere
    int bound_ = 0;
};

/// One SQLite file. Used from one thread. Errors are fairlead::Error: already_exists for a broken uniqueness,
/// server_busy for a database that stays locked, no_space for a full disk, internal for the rest.
class Database {
  public:
    /// Opens or makes the file with mode 0600, in write-ahead mode, with foreign keys, synchronised fully.
    explicit Database(const std::string& path);

    void run(const std::string& sql);
    /// Must not outlive this object. What is prepared is kept, so the texts should be few: values are bound.
    Statement prepare(std::string_view sql);
    /// How many rows the last change touched.
    std::int64_t changes() const;
    /// How many rows all changes of this connection touched.
    std::int64_t total_changes() const;
    const std::string& path() const noexcept { return path_; }

  private:
    friend class Transaction;
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    std::string path_;
    std::unique_ptr<sqlite3, Close> database_;
    std::map<std::string, std::vector<Statement::Handle>, std::less<>> idle_;  ///< prepared, by their text
};

/// A transaction that writes: takes the write lock at once and is rolled back unless committed. Within
/// another one it is a part of that, which can be rolled back by itself.
class Transaction {
  public:
    explicit Transaction(Database& database);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

  private:
    Database& database_;
    bool within_another_;
    bool open_ = true;
};

}  // namespace fairlead::store::sqlite
