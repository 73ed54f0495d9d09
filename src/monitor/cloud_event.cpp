#include "monitor/cloud_event.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/base64.hpp"
#include "monitor/monitor_state.hpp"

namespace fairlead::monitor {
namespace {

namespace json = boost::json;

std::string encoded(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace

std::string cloud_event(const catalog::FileEvent& event, const catalog::Monitor& monitor,
                        const EventContent& content) {
    auto data = event_json(event, monitor);
    if (content.bytes) data["contentBase64"] = to_base64(*content.bytes);
    if (!content.omitted.empty()) data["contentOmitted"] = content.omitted;
    json::object envelope;
    envelope["specversion"] = "1.0";
    envelope["id"] = event.id;
    envelope["source"] =
        fmt::format("/v1/projects/{}/monitors/{}", encoded(monitor.record.project), encoded(monitor.name));
    envelope["type"] = fmt::format("fairlead.file.{}", to_string(event.change));
    envelope["subject"] = data.at("path");
    envelope["time"] = to_rfc3339(event.at);
    envelope["datacontenttype"] = "application/json";
    envelope["data"] = std::move(data);
    return json::serialize(envelope);
}

std::string signature_of(const std::string& body, const Secret& secret) {
    const auto key = secret.reveal();
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(body.data()),
         body.size(), digest.data(), &length);
    std::string text = "sha256=";
    for (unsigned at = 0; at < length; ++at)
        text += fmt::format("{:02x}", digest[at]);
    return text;
}

}  // namespace fairlead::monitor
