#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::catalog {

/// The secret field of monitors, flows and operations: with what webhooks are signed.
inline constexpr std::string_view kWebhookSecret = "webhookSecret";
inline constexpr std::string_view kWebhookSecretHelp =
    "With what webhooks are signed (HMAC-SHA256); never shown. Empty removes it";

/// What is wrong with where alerts go: the URL of a webhook (empty: none), and addresses of mail; each fault by the name
/// of its field.
std::vector<Fault> receiver_faults(std::string_view webhook_field, const std::string& webhook,
                                   std::string_view email_field, const std::vector<std::string>& email);

/// The member of a document that names the secrets it has, and these names.
inline constexpr std::string_view kSecretsSet = "secretsSet";
boost::json::array names_of(const std::map<std::string, std::string>& sealed);

}  // namespace fairlead::catalog
