#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

class CurlLoop;

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

/// Posts over HTTP(S) and gives whatever was answered; redirections are not followed. Throws what CurlLoop::perform
/// does.
awaitable<PostAnswer> post(CurlLoop& loop, PostRequest request);

}  // namespace fairlead::net
