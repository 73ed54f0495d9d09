#include "cli/api_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>

#include "cli/secret_source.hpp"
#include "fairlead/error.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kMostAnswer = 64 * 1024 * 1024;
constexpr long kConnectSeconds = 10, kAllSeconds = 120;

std::size_t gather(char* bytes, std::size_t size, std::size_t count, void* into) {
    auto& answer = *static_cast<std::string*>(into);
    if (answer.size() + size * count > kMostAnswer) return 0;  // which ends the transfer
    answer.append(bytes, size * count);
    return size * count;
}

ErrorCode code_of(std::string_view word) {
    for (int value = 0; value <= static_cast<int>(ErrorCode::internal); ++value)
        if (to_string(static_cast<ErrorCode>(value)) == word) return static_cast<ErrorCode>(value);
    return ErrorCode::internal;
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
            return ErrorCode::tls_failed;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return ErrorCode::invalid_argument;
        default:
            return ErrorCode::connection_lost;
    }
}

/// The error that a problem document tells.
Error error_of(long status, const std::string& body) {
    boost::json::error_code wrong;
    const auto document = boost::json::parse(body, wrong);
    const auto* object = wrong ? nullptr : document.if_object();
    const auto text = [&](std::string_view field) {
        const auto* value = object == nullptr ? nullptr : object->if_contains(field);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const auto message = text("message");
    if (message.empty())
        return Error(ErrorCode::protocol_error, fmt::format("The daemon answered with status {}.", status));
    Error error(code_of(text("code")), message);
    error.server_reply = text("serverReply");
    error.path = text("path");
    error.step = text("step");
    error.hint = text("hint");
    return error;
}

Secret find_token(const Context& context, const ServerFlags& flags) {
    if (!flags.token_file.empty()) return secret_from_file(flags.token_file, "--token-file");
    if (!flags.token_variable.empty()) return secret_from_variable(flags.token_variable, "--token-env");
    if (std::getenv("FAIRLEAD_TOKEN") != nullptr)
        return secret_from_variable("FAIRLEAD_TOKEN", "--token-env");
    const auto written = service::Workspace::choose_directory(context.options.data) + "/admin-token";
    std::error_code ignored;
    if (std::filesystem::exists(written, ignored)) return secret_from_file(written, "--token-file");
    throw Error(ErrorCode::invalid_argument, "A token for the daemon is needed.")
        .hinting("give it with --token-file F or in $FAIRLEAD_TOKEN; fairlead token create makes one");
}

}  // namespace

void add_server_options(CLI::App& verb, ServerFlags& flags) {
    verb.add_option("--server", flags.server, "Where the daemon is")->type_name("URL")->capture_default_str();
    verb.add_option("--token-file", flags.token_file,
                    "A file that holds the token; else $FAIRLEAD_TOKEN, else the "
                    "administrator's token of this data directory")
        ->type_name("FILE");
    verb.add_option("--token-env", flags.token_variable, "An environment variable that holds the token")
        ->type_name("VAR");
    verb.add_option("--server-ca", flags.ca, "Certificates (PEM) to trust in place of the system's")
        ->type_name("FILE");
}

ApiClient::ApiClient(const Context& context, const ServerFlags& flags)
    : server_(flags.server), ca_(flags.ca), token_(find_token(context, flags)) {
    while (server_.ends_with('/'))
        server_.pop_back();
}

boost::json::value ApiClient::call(const std::string& method, const std::string& path,
                                   const std::optional<boost::json::value>& content) const {
    static const auto global = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(global == 0 ? curl_easy_init() : nullptr,
                                                                   curl_easy_cleanup);
    if (!easy) throw Error(ErrorCode::internal, "libcurl does not start.");
    std::string authorization = "Authorization: Bearer ";
    authorization += token_.reveal();
    curl_slist* list = curl_slist_append(nullptr, authorization.c_str());
    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "Expect:");
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, curl_slist_free_all);
    const auto sent = content ? boost::json::serialize(*content) : std::string();
    std::string answer;
    const auto url = server_ + path;
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, kAllSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, gather);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
    if (!ca_.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, ca_.c_str());
    if (content) {
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, sent.c_str());
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
    }
    const auto result = curl_easy_perform(easy.get());
    if (result != CURLE_OK)
        throw Error(code_of(result),
                    fmt::format("The daemon at {} does not answer: {}.", server_, curl_easy_strerror(result)))
            .hinting("start it with: fairlead serve");
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) throw error_of(status, answer);
    if (answer.empty()) return nullptr;
    boost::json::error_code wrong;
    auto document = boost::json::parse(answer, wrong);
    if (wrong)
        throw Error(ErrorCode::protocol_error,
                    fmt::format("What answers at {} is no Fairlead daemon.", server_));
    return document;
}

std::string as_path_part(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '.' || c == '-' || c == '_';
        encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

}  // namespace fairlead::cli
