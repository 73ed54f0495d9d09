#include "net/http_post.hpp"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "net/curl_loop.hpp"

namespace fairlead::net {
namespace {

constexpr std::size_t kMostBody = 4096;

std::size_t gather(char* bytes, std::size_t size, std::size_t count, void* into) {
    auto& body = static_cast<PostAnswer*>(into)->body;
    body.append(bytes, std::min(size * count, kMostBody - std::min(kMostBody, body.size())));
    return size * count;
}

std::size_t read_header(char* bytes, std::size_t size, std::size_t count, void* into) {
    std::string_view line(bytes, size * count);
    constexpr std::string_view kName = "retry-after:";
    if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
        line.remove_prefix(kName.size());
        while (line.starts_with(' '))
            line.remove_prefix(1);
        long seconds = -1;
        std::from_chars(line.data(), line.data() + line.size(), seconds);
        if (seconds >= 0) static_cast<PostAnswer*>(into)->retry_after = std::chrono::seconds(seconds);
    }
    return size * count;
}

}  // namespace

awaitable<PostAnswer> post(CurlLoop& loop, PostRequest request) {
    PostAnswer answer;
    CurlExchange exchange(request.url, "http,https", "Posting to");
    auto* easy = static_cast<CURL*>(exchange.easy());
    request.headers.emplace_back("Expect", "");  // not to wait before the body is sent
    void* headers = nullptr;
    for (const auto& [name, value] : request.headers)
        headers = exchange.list(value.empty() ? name + ":" : name + ": " + value);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_limit.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.limit.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &gather);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &read_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
    co_await loop.perform(exchange);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<unsigned>(status);
    co_return answer;
}

}  // namespace fairlead::net
