#include "store/postgres/failure.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <utility>

namespace fairlead::store::postgres {
namespace {

constexpr std::string_view kUnknown = "internal error";

struct Meaning {
    std::string_view state;  ///< whole, or the two characters of its class
    ErrorCode code;
};

/// https://www.postgresql.org/docs/15/errcodes-appendix.html; the first that fits counts.
constexpr std::array kMeanings{
    Meaning{"08", ErrorCode::connection_lost},    // connection exceptions
    Meaning{"23505", ErrorCode::already_exists},  // unique_violation
    Meaning{"23", ErrorCode::conflict},           // other constraints
    Meaning{"25006", ErrorCode::server_busy},     // read_only_sql_transaction: no primary (yet, or any more)
    Meaning{"28", ErrorCode::authentication_failed},  // invalid authorization
    Meaning{"3D000", ErrorCode::not_found},           // invalid_catalog_name
    Meaning{"40", ErrorCode::server_busy},            // transaction rollback: serialization, deadlock
    Meaning{"42501", ErrorCode::permission_denied},   // insufficient_privilege
    Meaning{"53100", ErrorCode::no_space},            // disk_full
    Meaning{"53", ErrorCode::server_busy},            // insufficient resources, too many connections
    Meaning{"55P03", ErrorCode::server_busy},         // lock_not_available
    Meaning{"57014", ErrorCode::timeout},             // query_canceled: statement_timeout
    Meaning{"57P03", ErrorCode::server_busy},         // cannot_connect_now: starting up
    Meaning{"57P", ErrorCode::connection_lost},       // shut down by an administrator, or crashed
    Meaning{"25P03", ErrorCode::connection_lost},     // idle_in_transaction_session_timeout
};

struct Sign {
    std::string_view text;
    ErrorCode code;
    std::string_view hint;
};

/// libpq gives no code for a connection that was not made, only words. They are in English: this program sets
/// no locale for messages. What the server says may be in its own language, and then counts as server_busy.
constexpr std::array kSigns{
    Sign{"could not translate host name", ErrorCode::name_not_resolved,
         "look at the host names of the store's URL"},
    Sign{"authentication failed", ErrorCode::authentication_failed,
         "look at user and password; the password may come from $PGPASSWORD or ~/.pgpass"},
    Sign{"no password supplied", ErrorCode::authentication_failed,
         "give the password in $PGPASSWORD, ~/.pgpass, or the URL in $FAIRLEAD_STORE"},
    Sign{"no pg_hba.conf entry", ErrorCode::authentication_failed,
         "the server's pg_hba.conf must allow this user from this machine"},
    Sign{"does not exist", ErrorCode::not_found, "make it on the server: createdb -O USER -E UTF8 DATABASE"},
    Sign{"permission denied", ErrorCode::permission_denied, ""},
    Sign{"certificate", ErrorCode::certificate_untrusted,
         "name the authority with sslrootcert=FILE in the URL; sslmode=require encrypts without verifying"},
    Sign{"SSL", ErrorCode::tls_failed,
         "hosts other than this machine need TLS; sslmode=disable in the URL does without, in a network you "
         "trust"},
    Sign{"too many clients", ErrorCode::server_busy,
         "raise max_connections of the server, or use fewer daemons"},
    Sign{"remaining connection slots", ErrorCode::server_busy, "raise max_connections of the server"},
    Sign{"starting up", ErrorCode::server_busy, ""},
    Sign{"shutting down", ErrorCode::server_busy, ""},
    Sign{"read-only", ErrorCode::server_busy, "no host of the URL is a primary; add them all"},
    Sign{"hot standby", ErrorCode::server_busy, "no host of the URL is a primary; add them all"},
    Sign{"recovery", ErrorCode::server_busy, ""},
    Sign{"timeout expired", ErrorCode::timeout, "is it the right host, and may this machine reach it?"},
    Sign{"Connection refused", ErrorCode::connection_refused, "is PostgreSQL running there, on that port?"},
    Sign{"No route to host", ErrorCode::host_unreachable, ""},
    Sign{"Network is unreachable", ErrorCode::host_unreachable, ""},
    Sign{"No such file or directory", ErrorCode::connection_refused,
         "is PostgreSQL running on this machine?"},
    Sign{"closed the connection", ErrorCode::connection_lost, ""},
    Sign{"reset by peer", ErrorCode::connection_lost, ""},
};

ErrorCode code_of(std::string_view state) {
    for (const auto& meaning : kMeanings)
        if (state.starts_with(meaning.state)) return meaning.code;
    return ErrorCode::internal;
}

std::string trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    return std::string(text);
}

bool ends_connection(std::string_view state) {
    return state.starts_with("08") || state.starts_with("57P") || state == "25006" || state == "25P03";
}

}  // namespace

Failure failure_of(const pg_result* result, std::string_view database) {
    const auto field = [&](int which) -> std::string {
        const auto* text = PQresultErrorField(result, which);
        return text != nullptr ? text : "";
    };
    auto state = field(PG_DIAG_SQLSTATE);
    auto said = field(PG_DIAG_MESSAGE_PRIMARY);
    if (state.empty()) return failure_by_loss(PQresultErrorMessage(result), database);
    if (said.empty()) said = kUnknown;
    Failure failure(
        Error(code_of(state), fmt::format("The database {} cannot do this: {}.", database, said)).at("store"),
        state);
    failure.connection_gone = ends_connection(state);
    return failure;
}

Failure failure_to_connect(std::string_view said, std::string_view database) {
    auto code = ErrorCode::server_busy;
    std::string hint;
    for (const auto& sign : kSigns) {
        if (said.find(sign.text) == std::string_view::npos) continue;
        code = sign.code;
        hint = sign.hint;
        break;
    }
    Failure failure(Error(code, fmt::format("The database {} cannot be reached.", database))
                        .at("store")
                        .replied(trimmed(said))
                        .hinting(std::move(hint)),
                    "");
    failure.connection_gone = true;
    return failure;
}

Failure failure_by_loss(std::string_view said, std::string_view database) {
    Failure failure(Error(ErrorCode::connection_lost,
                          fmt::format("The connection to the database {} was lost.", database))
                        .at("store")
                        .replied(trimmed(said)),
                    "");
    failure.connection_gone = true;
    return failure;
}

Failure failure_by_silence(std::string_view database) {
    Failure failure(
        Error(ErrorCode::timeout, fmt::format("The database {} did not answer in time.", database))
            .at("store"),
        "");
    failure.connection_gone = true;
    return failure;
}

}  // namespace fairlead::store::postgres
