#include "flow/mail.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <ctime>
#include <memory>

#include "base/base64.hpp"
#include "fairlead/error.hpp"
#include "net/egress.hpp"

namespace fairlead::flow {
namespace {

struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

struct Sending {
    std::string message;
    std::size_t sent = 0;
    std::string host, refusal;
    char problem[CURL_ERROR_SIZE] = "";
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* given) {
    auto& sending = *static_cast<Sending*>(given);
    const auto piece = std::min(size * count, sending.message.size() - sending.sent);
    std::memcpy(buffer, sending.message.data() + sending.sent, piece);
    sending.sent += piece;
    return piece;
}

boost::asio::ip::address address_of(const curl_sockaddr& address) {
    if (address.family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address.addr, sizeof four);
        return boost::asio::ip::address_v4(ntohl(four.sin_addr.s_addr));
    }
    sockaddr_in6 six{};
    std::memcpy(&six, &address.addr, std::min<std::size_t>(sizeof six, address.addrlen));
    boost::asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return boost::asio::ip::address_v6(bytes);
}

curl_socket_t open_socket(void* given, curlsocktype, curl_sockaddr* address) {
    auto& sending = *static_cast<Sending*>(given);
    if (address->family != AF_INET && address->family != AF_INET6) return CURL_SOCKET_BAD;
    if (const auto policy = net::egress_policy()) {
        sending.refusal = policy->refusal(sending.host, address_of(*address));
        if (!sending.refusal.empty()) return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
            return ErrorCode::connection_lost;
        default:
            return ErrorCode::permission_denied;
    }
}

/// A header's text: in one line, and encoded where it is not plain.
std::string header_text(std::string text) {
    for (auto& c : text)
        if (c == '\r' || c == '\n') c = ' ';
    const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    return plain ? text : fmt::format("=?UTF-8?B?{}?=", to_base64(text));
}

std::string date_of_now() {
    const auto now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts)};
}

std::string host_in(std::string_view url) {
    auto host = url.substr(url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3);
    host = host.substr(0, host.find('/'));
    if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
    return std::string(host.substr(0, host.find(':')));
}

}  // namespace

std::string message_of(const MailServer& server, const Mail& mail, const std::string& date) {
    std::string to;
    for (const auto& address : mail.to)
        to += (to.empty() ? "" : ", ") + header_text(address);
    auto message = fmt::format("Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@fairlead>\r\n"
                               "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n",
                               date, header_text(server.from), to, header_text(mail.subject), header_text(mail.id));
    const auto content = to_base64(mail.text);
    for (std::size_t at = 0; at < content.size(); at += 76)
        message += content.substr(at, 76) + "\r\n";
    return message;
}

void send_mail(const MailServer& server, const Mail& mail) {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    const std::unique_ptr<CURL, FreeEasy> curl(ready ? curl_easy_init() : nullptr);
    if (!curl) throw Error(ErrorCode::internal, "No mail can be sent.");
    Sending sending;
    sending.message = message_of(server, mail, date_of_now());
    sending.host = host_in(server.url);
    curl_slist* addresses = nullptr;
    for (const auto& address : mail.to)
        addresses = curl_slist_append(addresses, address.c_str());
    const std::unique_ptr<curl_slist, FreeList> recipients(addresses);
    auto* easy = curl.get();
    curl_easy_setopt(easy, CURLOPT_URL, server.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, server.requires_tls ? static_cast<long>(CURLUSESSL_ALL) : static_cast<long>(CURLUSESSL_TRY));
    if (!server.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, server.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, server.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, server.from.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &sending);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(server.limit).count()));
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &sending);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sending.problem);
    const auto result = curl_easy_perform(easy);
    if (result == CURLE_OK) return;
    if (!sending.refusal.empty()) throw net::egress_denied(sending.host, sending.refusal);
    throw Error(code_of(result), fmt::format("The mail could not be handed to {}: {}.", sending.host,
                                             sending.problem[0] != '\0' ? sending.problem : curl_easy_strerror(result)));
}

}  // namespace fairlead::flow
