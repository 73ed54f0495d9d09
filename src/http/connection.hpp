#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "http/server.hpp"

namespace fairlead::http {

class ServerTls;

/// What connections share with their server.
struct Shared {
    Limits limits;
    Router router;
    Authenticate authenticate;
    Log log;
    std::shared_ptr<ServerTls> tls;  ///< absent: clear text
    bool stopping = false;
};

/// What the server knows of one client.
struct ClientState {
    bool busy = false;  ///< a request is being answered: let it end when the server stops
};

/// One client's connection, from the first request to the last.
awaitable<void> serve(std::shared_ptr<const Shared> shared, boost::asio::ip::tcp::socket socket,
                      std::shared_ptr<ClientState> state);

}  // namespace fairlead::http
