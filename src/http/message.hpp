#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/file_system.hpp"

/// What goes in and out of a handler. Knows nothing of sockets.
namespace fairlead::http {

using Bytes = std::vector<std::byte>;

/// The content of a request, piece by piece, at the pace at which it is asked for. A client that asked
/// whether it should send (Expect: 100-continue) is told so with the first read.
class Body {
  public:
    virtual ~Body() = default;
    /// The next bytes; none at the end. Throws connection_lost when the client goes away, timeout when it
    /// stalls, and invalid_argument when what it sends is no HTTP.
    virtual awaitable<Bytes> read() = 0;
    /// Absent: not announced (chunked).
    virtual std::optional<std::uint64_t> announced_size() const = 0;
    /// Whether there is, or will be, any.
    virtual bool empty() const = 0;
};

/// Who asks, as far as the server has found out.
struct Principal {
    enum class Role { viewer, operator_, admin };
    std::string name;
    Role role = Role::viewer;
    std::vector<std::string> projects;  ///< empty: all
    bool may_see(std::string_view project) const;
};

/// "viewer", "operator", "admin".
std::string_view to_string(Principal::Role role) noexcept;
/// Throws Error{invalid_argument} naming the choices.
Principal::Role parse_role(std::string_view word);

struct Request {
    std::string method;
    std::string path;                                          ///< as it was sent, without the query
    std::map<std::string, std::string> parameters;             ///< of the path, decoded
    std::vector<std::pair<std::string, std::string>> query;    ///< decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    Principal principal;
    std::string id;      ///< of this request, for logs
    std::string remote;  ///< the client's address, without port
    Body* body = nullptr;
    std::size_t most_text = 1024 * 1024;  ///< what `text` takes at most (Limits::document)
    std::shared_ptr<const bool> gone;     ///< whether the client closed meanwhile; null: nobody looks

    /// Whether a handler that is cancelled is so because nobody waits for its answer any more.
    bool client_has_gone() const noexcept { return gone && *gone; }

    /// The last value of a query parameter or header, or nothing.
    std::optional<std::string> argument(std::string_view name) const;
    std::vector<std::string> arguments(std::string_view name) const;
    std::optional<std::string> header(std::string_view name) const;
    /// All of a small body. Refuses one larger than `most`, or than `most_text`, with status 413.
    awaitable<std::string> text(std::optional<std::size_t> most = {});
};

struct Response {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// In place of `body`: gives the next piece each time, none at the end. When it throws, the connection is
    /// cut, so that nobody takes a part for the whole. Destroyed with the response, also when the client went
    /// away.
    std::function<awaitable<Bytes>()> stream;
    std::optional<std::uint64_t> stream_size;  ///< absent: sent in chunks
    bool endless = false;  ///< the stream ends only with the client or the server (events): stopping cuts it

    Response& with(std::string name, std::string value) &;
    Response&& with(std::string name, std::string value) &&;
};

/// Something to answer that is not a handler's result: a status of our own beside the error's.
struct Refusal {
    unsigned status;
    Error error;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// The answer to a failure: application/problem+json (RFC 9457) with the error document of the contract.
Response problem(unsigned status, const Error& error);
/// The status for a failure while working for somebody: what the remote server refused is 502.
unsigned status_of(const Error& error) noexcept;
/// The words of a status line, such as "Not Found".
std::string_view reason_of(unsigned status) noexcept;

}  // namespace fairlead::http
