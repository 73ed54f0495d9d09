#include "store/postgres/idempotency_store.hpp"

#include "store/answer_text.hpp"
#include "store/resource_text.hpp"

namespace fairlead::store::postgres {

std::optional<IdempotencyStore::Earlier> PostgresIdempotencyStore::begin(std::string_view token,
                                                                         std::string_view key,
                                                                         std::string_view request, Time now,
                                                                         Time until) {
    return database_.write([&](Transaction& transaction) {
        // Of several machines at once one inserts; the others wait for it here, and see its row.
        const auto claimed = transaction.run(
            "INSERT INTO idempotency AS was (token, key, request, status, headers, body, expires_at) "
            "VALUES ($1, $2, $3, 0, '[]', ''::bytea, $4) "
            "ON CONFLICT (token, key) DO UPDATE SET request = excluded.request, status = 0, headers = '[]', "
            "body = ''::bytea, expires_at = excluded.expires_at WHERE was.expires_at <= $5",
            {token, key, request, to_number(until), to_number(now)});
        std::optional<Earlier> earlier;
        if (claimed.changed() > 0) return earlier;
        const auto rows = transaction.run(
            "SELECT request, status, headers, body FROM idempotency WHERE token = $1 AND key = $2",
            {token, key});
        if (rows.empty())
            throw Error(ErrorCode::conflict, "The first request with this key has just failed.");
        earlier.emplace();
        earlier->request = rows[0].text(0);
        if (rows[0].number(1) != 0)
            earlier->answer = GivenAnswer{static_cast<unsigned>(rows[0].number(1)),
                                          headers_of_text(rows[0].text(2)), rows[0].bytes(3)};
        return earlier;
    });
}

void PostgresIdempotencyStore::extend(std::string_view token, std::string_view key, Time until) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "UPDATE idempotency SET expires_at = $3 WHERE token = $1 AND key = $2 AND status = 0",
            {token, key, to_number(until)});
    });
}

void PostgresIdempotencyStore::finish(std::string_view token, std::string_view key, const GivenAnswer& answer,
                                      Time until) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "UPDATE idempotency SET status = $3, headers = $4, body = $5, expires_at = $6 "
            "WHERE token = $1 AND key = $2",
            {token, key, answer.status, headers_to_text(answer.headers), Value::bytes(answer.body),
             to_number(until)});
    });
}

void PostgresIdempotencyStore::forget(std::string_view token, std::string_view key) {
    database_.write([&](Transaction& transaction) {
        transaction.run("DELETE FROM idempotency WHERE token = $1 AND key = $2", {token, key});
    });
}

void PostgresIdempotencyStore::forget_expired(Time now) {
    database_.write([&](Transaction& transaction) {
        transaction.run("DELETE FROM idempotency WHERE expires_at <= $1", {to_number(now)});
    });
}

}  // namespace fairlead::store::postgres
