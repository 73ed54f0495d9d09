#include "net/mail.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "base/base64.hpp"
#include "net/curl_loop.hpp"

namespace fairlead::net {
namespace {

struct Sending {
    std::string message;
    std::size_t sent = 0;
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* given) {
    auto& sending = *static_cast<Sending*>(given);
    const auto piece = std::min(size * count, sending.message.size() - sending.sent);
    std::memcpy(buffer, sending.message.data() + sending.sent, piece);
    sending.sent += piece;
    return piece;
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

awaitable<void> send_mail(CurlLoop& loop, const MailServer& server, const Mail& mail) {
    Sending sending{message_of(server, mail, date_of_now())};
    CurlExchange exchange(server.url, "smtp,smtps", "Handing mail to");
    auto* easy = static_cast<CURL*>(exchange.easy());
    void* recipients = nullptr;
    for (const auto& address : mail.to)
        recipients = exchange.list(address);
    const auto tls = server.requires_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY;
    curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(tls));
    if (!server.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, server.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, server.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, server.from.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(recipients));
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);  // says QUIT: alerts are rare, and servers drop who is silent
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &sending);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(server.limit).count()));
    co_await loop.perform(exchange);
}

}  // namespace fairlead::net
