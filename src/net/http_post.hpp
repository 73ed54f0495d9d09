#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

struct PostRequest {
    std::string url;  ///< http or https
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds connect_limit{std::chrono::seconds(10)};
    std::chrono::milliseconds limit{std::chrono::seconds(30)};  ///< for everything
};

struct PostAnswer {
    unsigned status = 0;
    std::string body;  ///< its beginning: at most 4 KiB
    std::optional<std::chrono::seconds> retry_after;
};

/// Posts over HTTP(S), many at once, on one thread of its own; connections are kept for the next post. Each dial asks
/// the egress policy, with the address itself; certificates are verified; redirections are not followed, and proxies
/// of the environment are not used (they would be asked instead of the policy).
class HttpPoster {
  public:
    HttpPoster();
    /// What is under way fails with Error{cancelled}.
    ~HttpPoster();
    HttpPoster(const HttpPoster&) = delete;
    HttpPoster& operator=(const HttpPoster&) = delete;

    /// Gives whatever was answered, and comes back to the caller's executor. Throws what reaching the server may:
    /// name_not_resolved, connection_refused, connection_lost, timeout, tls_failed, certificate_untrusted,
    /// egress_denied, invalid_argument. Not cancellable, but limited. From any thread's coroutine.
    awaitable<PostAnswer> post(PostRequest request);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::net
