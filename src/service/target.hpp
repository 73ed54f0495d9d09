#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/endpoint.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/observer.hpp"
#include "net/rate_limit.hpp"

namespace fairlead::service {

/// A server as it can be reached now, with nothing left to look up.
struct Target {
    std::string key;  ///< what shares sessions: a connection's id and the environment; empty: nothing does
    Endpoint endpoint;
    std::shared_ptr<net::RateLimit> limit;  ///< of the connection; null: none
    /// Hears of a host key that was accepted on first use. On the thread of the session.
    std::function<void(const std::string& fingerprint)> accepted_host_key;
    std::shared_ptr<Observer> observer;  ///< hears the sessions, which nobody shares then; null: nobody does
    /// Looks it up once more, on the thread of the session; empty: it stays as it is. Throws what looking it up
    /// did.
    std::function<awaitable<Endpoint>()> again;
};

/// The server and who uses it: "sftp://user@host:22".
std::string server_of(const Endpoint& endpoint);
/// And the working directory: "sftp://user@host:22/in". It is written down, so what is hidden of the endpoint is masked
/// in it, and told apart by a checksum at its end.
std::string identity_of(const Endpoint& endpoint);

/// Whether both would open the same session in the same way.
bool is_same(const Endpoint& a, const Endpoint& b);

}  // namespace fairlead::service
