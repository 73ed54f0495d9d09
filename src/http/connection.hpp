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
    bool answering = false;  ///< the same, and also while a stream without end is sent
    int descriptor = -1;     ///< of its socket
    bool gone = false;       ///< it closed while it was being answered
};

/// One client's connection, from the first request to the last.
awaitable<void> serve(std::shared_ptr<const Shared> shared, boost::asio::ip::tcp::socket socket,
                      std::shared_ptr<ClientState> state);

}  // namespace fairlead::http
