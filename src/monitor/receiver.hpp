#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/monitor.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::net {
class CurlLoop;
struct MailServer;
}  // namespace fairlead::net
namespace fairlead::service {
class Workspace;
}
namespace fairlead::store {
struct Consumer;
}

namespace fairlead::monitor {

/// Where the events of a monitor, flow or operation go: to a webhook, or by mail.
struct Receiver {
    std::string url;
    std::optional<Secret> secret;  ///< with which it is signed
    std::vector<std::string> email;
    std::optional<std::uint64_t> attempts;  ///< before an event becomes a dead letter; absent: as the daemon says
    std::optional<catalog::Monitor> monitor;  ///< whose events they are, for those about files
};

/// Who is behind a consumer whose name begins with "webhook:" or "mail:". Nothing when what it is for is gone, or names
/// no such receiver any more. Throws what opening the secret throws.
std::optional<Receiver> receiver_of(service::Workspace& workspace, const store::Consumer& consumer);

/// Why an event was not taken, and when the receiver wants to be asked again.
struct Refused {
    std::string problem;
    std::optional<std::chrono::seconds> retry_after;
};

/// Sends one event, a CloudEvent in JSON. To a webhook: POST, Content-Type application/cloudevents+json,
/// X-Fairlead-Signature-256 where there is a secret; an answer from 200 to 299 says that it was taken. Only a
/// cancellation is thrown.
awaitable<std::optional<Refused>> send(net::CurlLoop& loop, const net::MailServer& mail, const Receiver& receiver,
                                       std::string event);

}  // namespace fairlead::monitor
