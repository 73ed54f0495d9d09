#include "cli/api_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>

#include "catalog/run.hpp"
#include "cli/secret_source.hpp"
#include "fairlead/error.hpp"
#include "net/curl_loop.hpp"
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

/// The error that a problem document tells.
Error error_of(long status, const std::string& body) {
    boost::json::error_code wrong;
    const auto document = boost::json::parse(body, wrong);
    if (!wrong && document.is_object())
        if (auto error = catalog::error_from_json(document.get_object()); !error.message.empty()) return error;
    return Error(ErrorCode::protocol_error, fmt::format("The daemon answered with status {}.", status));
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
    net::CurlExchange exchange(server_ + path, "http,https", "Asking the daemon at");
    auto* easy = static_cast<CURL*>(exchange.easy());
    exchange.list("Authorization: Bearer " + std::string(token_.reveal()));
    exchange.list("Content-Type: application/json");
    auto* headers = static_cast<curl_slist*>(exchange.list("Expect:"));  // not to wait before the content is sent
    const auto sent = content ? boost::json::serialize(*content) : std::string();
    std::string answer;
    curl_easy_setopt(easy, CURLOPT_PROXY, nullptr);  // a person may reach the daemon through the environment's proxy
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, kAllSeconds);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, gather);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (!ca_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_.c_str());
    if (content) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sent.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
    }
    try {
        exchange.perform();
    } catch (Error& error) {
        throw std::move(error).hinting("start it with: fairlead serve");
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
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
