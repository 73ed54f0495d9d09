#include "store/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "fairlead/error.hpp"

namespace fairlead::store::sqlite {
namespace {

constexpr int kBusyMilliseconds = 10'000;  // the command line waits for a daemon that writes
constexpr std::size_t kMostPrepared = 256;  // texts of statements; there are fewer, but for the filters of lists

ErrorCode code_of(int extended) {
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
        return ErrorCode::already_exists;
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::server_busy;
        case SQLITE_FULL:
            return ErrorCode::no_space;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
            return ErrorCode::permission_denied;
        default:
            return ErrorCode::internal;
    }
}

[[noreturn]] void throw_last(sqlite3* database) {
    const auto* path = sqlite3_db_filename(database, "main");
    throw Error(code_of(sqlite3_extended_errcode(database)),
                fmt::format("The database {} cannot do this: {}.", path != nullptr ? path : "",
                            sqlite3_errmsg(database)));
}

/// SQLite would make the file with the usual mode; what is in it is nobody else's business. One that is there is not
/// opened here: closing it again would take away all locks that this process has on it (POSIX), also those of other
/// connections, and another process would take the database for unused and remove its log.
void make_private(const std::string& path) {
    struct stat facts {};
    const bool is_link = ::lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode);
    const int file = is_link ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file);
        return;
    }
    if (is_link) errno = ELOOP;
    if (errno == EEXIST) return;
    throw Error(errno == ENOSPC ? ErrorCode::no_space : ErrorCode::permission_denied,
                fmt::format("Opening the database {} failed: {}.", path, std::strerror(errno)));
}

/// The change to a write-ahead log does not wait for others by itself: SQLite asks no busy handler there. It matters
/// only while several make the database at once.
void write_ahead(sqlite3* database) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyMilliseconds);
    while (sqlite3_exec(database, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) != SQLITE_OK) {
        if ((sqlite3_errcode(database) & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() > deadline) throw_last(database);
        sqlite3_sleep(10);
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

/// Reset, it holds no lock and no snapshot, and unbound nothing that it was given.
Statement::~Statement() {
    if (!statement_ || idle_ == nullptr) return;
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    try {
        idle_->push_back(std::move(statement_));
    } catch (const std::bad_alloc&) {
        // Then it is prepared anew the next time.
    }
}

Statement& Statement::bind(std::string_view text) {
    // A null pointer would bind NULL; an empty text is a text.
    if (sqlite3_bind_text(statement_.get(), ++bound_, text.empty() ? "" : text.data(),
                          static_cast<int>(text.size()), SQLITE_TRANSIENT) != SQLITE_OK)
        throw_last(database_);
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    if (sqlite3_bind_int64(statement_.get(), ++bound_, number) != SQLITE_OK) throw_last(database_);
    return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
    if (sqlite3_bind_blob(statement_.get(), ++bound_, bytes.empty() ? "" : bytes.data(),
                          static_cast<int>(bytes.size()), SQLITE_TRANSIENT) != SQLITE_OK)
        throw_last(database_);
    return *this;
}

Statement& Statement::bind_null() {
    if (sqlite3_bind_null(statement_.get(), ++bound_) != SQLITE_OK) throw_last(database_);
    return *this;
}

Statement& Statement::again() {
    sqlite3_reset(statement_.get());  // its result is that of the step before, which was thrown already
    bound_ = 0;
    return *this;
}

bool Statement::step() {
    switch (sqlite3_step(statement_.get())) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            throw_last(database_);
    }
}

void Statement::run() {
    while (step()) {
    }
}

std::string_view Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const noexcept {
    sqlite3_close(database);
}

Database::Database(const std::string& path) : path_(path) {
    make_private(path);
    sqlite3* database = nullptr;
    const int result =
        sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(database);
    if (result != SQLITE_OK) throw_last(database);
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, kBusyMilliseconds);
    write_ahead(database);
    run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
}

Statement Database::prepare(std::string_view sql) {
    auto found = idle_.find(sql);
    if (found == idle_.end() && idle_.size() < kMostPrepared) found = idle_.emplace(sql, 0).first;
    auto* idle = found != idle_.end() ? &found->second : nullptr;
    Statement::Handle statement;
    if (idle != nullptr && !idle->empty()) {
        statement = std::move(idle->back());
        idle->pop_back();
    } else {
        sqlite3_stmt* made = nullptr;
        if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                               &made, nullptr) != SQLITE_OK)
            throw_last(database_.get());
        statement.reset(made);
    }
    return {database_.get(), std::move(statement), idle};
}

void Database::run(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw_last(database_.get());
}

std::int64_t Database::total_changes() const {
    return sqlite3_total_changes64(database_.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(database_.get());
}

Transaction::Transaction(Database& database)
    : database_(database), within_another_(sqlite3_get_autocommit(database.database_.get()) == 0) {
    database_.run(within_another_ ? "SAVEPOINT part" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // Released too, so that nothing of this part is left for one around it, which has the same name.
    if (open_)
        sqlite3_exec(database_.database_.get(), within_another_ ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK", nullptr,
                     nullptr, nullptr);
}

void Transaction::commit() {
    database_.run(within_another_ ? "RELEASE part" : "COMMIT");
    open_ = false;
}

}  // namespace fairlead::store::sqlite
