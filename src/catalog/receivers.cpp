#include "catalog/receivers.hpp"

#include "catalog/checks.hpp"

namespace fairlead::catalog {

std::vector<Fault> receiver_faults(std::string_view webhook_field, const std::string& webhook,
                                   std::string_view email_field, const std::vector<std::string>& email) {
    std::vector<Fault> faults;
    if (!webhook.empty() && !webhook.starts_with("https://") && !webhook.starts_with("http://"))
        faults.push_back({std::string(webhook_field), webhook, "must begin with https:// or http://"});
    if (has_control_bytes(webhook))
        faults.push_back({std::string(webhook_field), "", "must not hold line breaks or NUL"});
    for (const auto& address : email)
        if (has_control_bytes(address) || address.find('@') == std::string::npos ||
            address.find_first_of(" ,;<>") != std::string::npos)
            faults.push_back({std::string(email_field), address, "must be an address such as ops@example.com"});
    return faults;
}

boost::json::array names_of(const std::map<std::string, std::string>& sealed) {
    boost::json::array names;
    for (const auto& [field, secret] : sealed)
        names.emplace_back(field);
    return names;
}

}  // namespace fairlead::catalog
