#pragma once

#include <string>
#include <string_view>

#include "fairlead/error.hpp"

struct pg_result;

namespace fairlead::store::postgres {

/// What PostgreSQL said no to, or that it could not be asked. The codes that callers treat differently:
/// already_exists (a broken uniqueness), conflict (other constraints), connection_lost, server_busy, timeout,
/// authentication_failed, permission_denied, no_space, not_found (no such database); internal for the rest.
class Failure : public Error {
  public:
    Failure(Error error, std::string state) : Error(std::move(error)), sqlstate(std::move(state)) {}

    /// Another transaction was in the way: the same one may succeed when done again.
    bool lost_against_another() const { return sqlstate == "40001" || sqlstate == "40P01"; }

    std::string sqlstate;          ///< five characters; empty when the server did not answer
    bool connection_gone = false;  ///< the connection cannot be used any more
};

/// For a statement's result. `database` is Address::shown.
Failure failure_of(const pg_result* result, std::string_view database);

/// For a connection that was not made; `said` is libpq's message.
Failure failure_to_connect(std::string_view said, std::string_view database);

/// For a connection that ended while it was used; `said` is libpq's message, which may be empty.
Failure failure_by_loss(std::string_view said, std::string_view database);

/// For an answer that did not come in time.
Failure failure_by_silence(std::string_view database);

}  // namespace fairlead::store::postgres
