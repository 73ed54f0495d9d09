#include "net/http_post.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <sys/socket.h>
#include <netinet/in.h>
#include <thread>

#include "base/blocking.hpp"
#include "fairlead/error.hpp"
#include "net/egress.hpp"

namespace fairlead::net {
namespace {

constexpr std::size_t kMostBody = 4096;
constexpr int kWait = 10'000;  // milliseconds between two looks when nothing happens

struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// One post under way: its handle, what it gathers, and whom to tell.
struct Post {
    PostRequest request;
    PostAnswer answer;
    std::string host, refusal;
    std::optional<Error> failure;
    std::unique_ptr<CURL, FreeEasy> easy;
    std::unique_ptr<curl_slist, FreeList> headers;
    std::function<void()> done;
    char problem[CURL_ERROR_SIZE] = "";
};

std::size_t gather(char* bytes, std::size_t size, std::size_t count, void* into) {
    auto& body = static_cast<Post*>(into)->answer.body;
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
        if (seconds >= 0) static_cast<Post*>(into)->answer.retry_after = std::chrono::seconds(seconds);
    }
    return size * count;
}

boost::asio::ip::address address_of(const curl_sockaddr& given) {
    namespace ip = boost::asio::ip;
    if (given.family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, &given.addr, sizeof in);
        return ip::address_v4(ntohl(in.sin_addr.s_addr));
    }
    sockaddr_in6 in;
    std::memcpy(&in, &given.addr, sizeof in);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return ip::address_v6(bytes, in.sin6_scope_id);
}

/// Where curl would connect to: only if it may.
curl_socket_t open_socket(void* given, curlsocktype, curl_sockaddr* address) {
    auto& post = *static_cast<Post*>(given);
    if (address->family != AF_INET && address->family != AF_INET6) return CURL_SOCKET_BAD;
    if (const auto policy = egress_policy()) {
        post.refusal = policy->refusal(post.host, address_of(*address));
        if (!post.refusal.empty()) return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Error error_of(CURLcode result, const Post& post) {
    if (!post.refusal.empty()) return egress_denied(post.host, post.refusal);
    const auto code = [&] {
        switch (result) {
            case CURLE_COULDNT_RESOLVE_HOST:
                return ErrorCode::name_not_resolved;
            case CURLE_COULDNT_CONNECT:
                return ErrorCode::connection_refused;
            case CURLE_OPERATION_TIMEDOUT:
                return ErrorCode::timeout;
            case CURLE_PEER_FAILED_VERIFICATION:
                return ErrorCode::certificate_untrusted;
            case CURLE_SSL_CONNECT_ERROR:
                return ErrorCode::tls_failed;
            case CURLE_URL_MALFORMAT:
            case CURLE_UNSUPPORTED_PROTOCOL:
                return ErrorCode::invalid_argument;
            default:
                return ErrorCode::connection_lost;
        }
    }();
    const std::string_view why = post.problem[0] != '\0' ? post.problem : curl_easy_strerror(result);
    return Error(code, fmt::format("Posting to {} failed: {}.", post.host, why)).at("post");
}

std::string host_in(const std::string& url) {
    const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), &curl_url_cleanup);
    char* host = nullptr;
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
        throw Error(ErrorCode::invalid_argument, "The URL to post to is not valid.");
    std::string text(host);
    curl_free(host);
    return text;
}

void prepare(Post& post) {
    post.host = host_in(post.request.url);
    post.easy.reset(curl_easy_init());
    auto* easy = post.easy.get();
    post.request.headers.emplace_back("Expect", "");  // not to wait before the body is sent
    for (const auto& [name, value] : post.request.headers) {
        const auto line = value.empty() ? name + ":" : name + ": " + value;
        post.headers.reset(curl_slist_append(post.headers.release(), line.c_str()));
    }
    curl_easy_setopt(easy, CURLOPT_URL, post.request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post.request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.request.body.size()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post.headers.get());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(post.request.connect_limit.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(post.request.limit.count()));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &gather);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &post);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &read_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &post);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &post);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post.problem);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &post);
}

}  // namespace

struct HttpPoster::Parts {
    Parts() {
        static const bool initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        (void)initialized;
        multi = curl_multi_init();
        thread = std::thread([this] {
            sigset_t all;  // signals are for the thread that waits for them
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            run();
        });
    }
    ~Parts() {
        stopping = true;
        curl_multi_wakeup(multi);
        thread.join();
        curl_multi_cleanup(multi);
    }

    void start(Post* post) {
        {
            const std::lock_guard lock(mutex);
            waiting.push_back(post);
        }
        curl_multi_wakeup(multi);
    }

    void run() {
        while (!stopping) {
            begin_what_waits();
            int running = 0;
            curl_multi_perform(multi, &running);
            end_what_is_done();
            curl_multi_poll(multi, nullptr, 0, kWait, nullptr);
        }
        begin_what_waits();
        while (!under_way.empty()) {
            auto& post = *under_way.begin()->second;
            post.failure = Error(ErrorCode::cancelled, "The program stops.");
            end(under_way.begin()->first);
        }
    }

    void begin_what_waits() {
        std::vector<Post*> taken;
        {
            const std::lock_guard lock(mutex);
            taken.swap(waiting);
        }
        for (auto* post : taken) {
            under_way.emplace(post->easy.get(), post);
            curl_multi_add_handle(multi, post->easy.get());
        }
    }

    void end_what_is_done() {
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            auto* easy = message->easy_handle;
            const auto result = message->data.result;
            auto& post = *under_way.at(easy);
            if (result == CURLE_OK) {
                long status = 0;
                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
                post.answer.status = static_cast<unsigned>(status);
            } else {
                post.failure = error_of(result, post);
            }
            end(easy);
        }
    }

    void end(CURL* easy) {
        auto* post = under_way.at(easy);
        under_way.erase(easy);
        curl_multi_remove_handle(multi, easy);
        const auto done = std::move(post->done);
        done();  // after which the post is gone
    }

    CURLM* multi = nullptr;
    std::mutex mutex;
    std::vector<Post*> waiting;
    std::map<CURL*, Post*> under_way;
    std::atomic<bool> stopping = false;
    std::thread thread;
};

HttpPoster::HttpPoster() : parts_(std::make_unique<Parts>()) {}
HttpPoster::~HttpPoster() = default;

awaitable<PostAnswer> HttpPoster::post(PostRequest request) {
    Post post;
    post.request = std::move(request);
    prepare(post);
    const std::function<void(std::function<void()>)> hand_over = [&](std::function<void()> done) {
        post.done = std::move(done);
        parts_->start(&post);
    };
    co_await run_elsewhere(hand_over, [] {});
    if (post.failure) throw Error(*post.failure);
    co_return std::move(post.answer);
}

}  // namespace fairlead::net
