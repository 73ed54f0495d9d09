#include "store/sqlite/idempotency_store.hpp"

#include "store/answer_text.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::sqlite {

std::optional<IdempotencyStore::Earlier> SqliteIdempotencyStore::begin(std::string_view token,
                                                                       std::string_view key,
                                                                       std::string_view request, Time now,
                                                                       Time until) {
    Transaction transaction(database_);
    database_.prepare("DELETE FROM idempotency WHERE token = ? AND key = ? AND expires_at <= ?")
        .bind(token)
        .bind(key)
        .bind(to_number(now))
        .run();
    std::optional<Earlier> earlier;
    {
        auto rows = database_.prepare(
            "SELECT request, status, headers, body FROM idempotency WHERE token = ? AND key = ?");
        rows.bind(token).bind(key);
        if (rows.step()) {
            earlier.emplace();
            earlier->request = rows.text(0);
            if (rows.number(1) != 0)
                earlier->answer =
                    GivenAnswer{static_cast<unsigned>(rows.number(1)), headers_of_text(rows.text(2)),
                                std::string(rows.blob(3))};
        }
    }
    if (!earlier)
        database_
            .prepare(
                "INSERT INTO idempotency (token, key, request, status, headers, body, expires_at) "
                "VALUES (?, ?, ?, 0, '[]', x'', ?)")
            .bind(token)
            .bind(key)
            .bind(request)
            .bind(to_number(until))
            .run();
    transaction.commit();
    return earlier;
}

void SqliteIdempotencyStore::extend(std::string_view token, std::string_view key, Time until) {
    database_.prepare("UPDATE idempotency SET expires_at = ? WHERE token = ? AND key = ? AND status = 0")
        .bind(to_number(until))
        .bind(token)
        .bind(key)
        .run();
}

void SqliteIdempotencyStore::finish(std::string_view token, std::string_view key, const GivenAnswer& answer,
                                    Time until) {
    database_
        .prepare(
            "UPDATE idempotency SET status = ?, headers = ?, body = ?, expires_at = ? WHERE token = ? AND "
            "key = ?")
        .bind(static_cast<std::int64_t>(answer.status))
        .bind(headers_to_text(answer.headers))
        .bind_blob(answer.body)
        .bind(to_number(until))
        .bind(token)
        .bind(key)
        .run();
}

void SqliteIdempotencyStore::forget(std::string_view token, std::string_view key) {
    database_.prepare("DELETE FROM idempotency WHERE token = ? AND key = ?").bind(token).bind(key).run();
}

void SqliteIdempotencyStore::forget_expired(Time now) {
    database_.prepare("DELETE FROM idempotency WHERE expires_at <= ?").bind(to_number(now)).run();
}

}  // namespace fairlead::store::sqlite
