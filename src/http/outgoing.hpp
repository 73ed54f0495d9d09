#pragma once

#include "http/limits.hpp"
#include "http/message.hpp"
#include "net/stream.hpp"

namespace fairlead::http {

/// How an answer goes out, beside what it is.
struct Manner {
    bool keeps_alive = true;
    bool without_content = false;  ///< HEAD
    bool http_1_0 = false;         ///< the client knows no chunks
};

/// What became of sending an answer.
struct Sent {
    bool whole = false;
    bool keeps_alive =
        false;                ///< false also when only the end of the connection shows the end of the content
    std::uint64_t bytes = 0;  ///< of the content
};

/// Sends an answer. A failure to do so, and one of the stream it comes from, is in the result; a cancellation
/// is thrown.
awaitable<Sent> send(net::Stream& stream, const Limits& limits, Response& response, Manner manner);

}  // namespace fairlead::http
