#include "net/curl_loop.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/blocking.hpp"
#include "fairlead/error.hpp"
#include "net/egress.hpp"

namespace fairlead::net {
namespace {

constexpr int kWait = 10'000;  // milliseconds between two looks when nothing happens

struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

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

ErrorCode code_of(CURLcode result) {
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
        case CURLE_USE_SSL_FAILED:
            return ErrorCode::tls_failed;
        case CURLE_LOGIN_DENIED:
            return ErrorCode::authentication_failed;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return ErrorCode::invalid_argument;
        case CURLE_QUOTE_ERROR:
        case CURLE_REMOTE_ACCESS_DENIED:
            return ErrorCode::permission_denied;
        default:
            return ErrorCode::connection_lost;
    }
}

std::string host_in(const std::string& url) {
    const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), &curl_url_cleanup);
    char* host = nullptr;
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
        throw Error(ErrorCode::invalid_argument, "The URL to send to is not valid.");
    std::string text(host);
    curl_free(host);
    return text;
}

}  // namespace

struct CurlExchange::Parts {
    std::string url, doing, host, refusal;
    std::optional<Error> failure;
    std::unique_ptr<CURL, FreeEasy> easy;
    std::unique_ptr<curl_slist, FreeList> list;
    std::function<void()> done;
    char problem[CURL_ERROR_SIZE] = "";

    /// Where curl would connect to: only if it may.
    static curl_socket_t open_socket(void* given, curlsocktype, curl_sockaddr* address) {
        auto& self = *static_cast<Parts*>(given);
        if (address->family != AF_INET && address->family != AF_INET6) return CURL_SOCKET_BAD;
        if (const auto policy = egress_policy()) {
            self.refusal = policy->refusal(self.host, address_of(*address));
            if (!self.refusal.empty()) return CURL_SOCKET_BAD;
        }
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    }

    Error error_of(CURLcode result) const {
        if (!refusal.empty()) return egress_denied(host, refusal);
        const std::string_view why = problem[0] != '\0' ? problem : curl_easy_strerror(result);
        return Error(code_of(result), fmt::format("{} {} failed: {}.", doing, host, why)).at("send");
    }
};

CurlExchange::CurlExchange(std::string url, const char* protocols, std::string doing)
    : parts_(std::make_unique<Parts>()) {
    static const bool initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    parts_->easy.reset(initialized ? curl_easy_init() : nullptr);
    if (!parts_->easy) throw Error(ErrorCode::internal, "libcurl cannot be used.");
    parts_->host = host_in(url);
    parts_->url = std::move(url);
    parts_->doing = std::move(doing);
    auto* handle = parts_->easy.get();
    curl_easy_setopt(handle, CURLOPT_URL, parts_->url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Parts::open_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, parts_.get());
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, parts_->problem);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, parts_.get());
}

CurlExchange::~CurlExchange() = default;

void* CurlExchange::easy() noexcept {
    return parts_->easy.get();
}

void* CurlExchange::list(const std::string& line) {
    parts_->list.reset(curl_slist_append(parts_->list.release(), line.c_str()));
    return parts_->list.get();
}

const std::string& CurlExchange::host() const noexcept {
    return parts_->host;
}

void CurlExchange::perform() {
    const auto result = curl_easy_perform(parts_->easy.get());
    if (result != CURLE_OK) throw parts_->error_of(result);
}

struct CurlLoop::Parts {
    using Exchange = CurlExchange::Parts;

    Parts() : multi(curl_multi_init()) {
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

    void start(Exchange* exchange) {
        {
            const std::lock_guard lock(mutex);
            waiting.push_back(exchange);
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
            auto& exchange = *under_way.begin()->second;
            exchange.failure = Error(ErrorCode::cancelled, "The program stops.");
            end(under_way.begin()->first);
        }
    }

    void begin_what_waits() {
        std::vector<Exchange*> taken;
        {
            const std::lock_guard lock(mutex);
            taken.swap(waiting);
        }
        for (auto* exchange : taken) {
            under_way.emplace(exchange->easy.get(), exchange);
            curl_multi_add_handle(multi, exchange->easy.get());
        }
    }

    void end_what_is_done() {
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            auto* easy = message->easy_handle;
            const auto result = message->data.result;
            auto& exchange = *under_way.at(easy);
            if (result != CURLE_OK) exchange.failure = exchange.error_of(result);
            end(easy);
        }
    }

    void end(CURL* easy) {
        auto* exchange = under_way.at(easy);
        under_way.erase(easy);
        curl_multi_remove_handle(multi, easy);
        const auto done = std::move(exchange->done);
        done();  // after which the exchange is gone
    }

    CURLM* multi;
    std::mutex mutex;
    std::vector<Exchange*> waiting;
    std::map<CURL*, Exchange*> under_way;
    std::atomic<bool> stopping = false;
    std::thread thread;
};

CurlLoop::CurlLoop() : parts_(std::make_unique<Parts>()) {}
CurlLoop::~CurlLoop() = default;

awaitable<void> CurlLoop::perform(CurlExchange& exchange) {
    auto& one = *exchange.parts_;
    const std::function<void(std::function<void()>)> hand_over = [&](std::function<void()> done) {
        one.done = std::move(done);
        parts_->start(&one);
    };
    co_await run_elsewhere(hand_over, [] {});
    if (one.failure) throw Error(*one.failure);
}

}  // namespace fairlead::net
