#pragma once

#include <optional>
#include <string>

#include "catalog/file_state.hpp"
#include "catalog/monitor.hpp"
#include "fairlead/file_system.hpp"
#include "fairlead/secret.hpp"
#include "monitor/cloud_event.hpp"

namespace fairlead::net {
class HttpPoster;
}

namespace fairlead::monitor {

/// Why an event was not taken, and when the receiver wants to be asked again.
struct Refused {
    std::string problem;
    std::optional<std::chrono::seconds> retry_after;
};

/// Sends one event: POST, Content-Type application/cloudevents+json, X-Fairlead-Signature-256 where there is a secret.
/// An answer from 200 to 299 says that it was taken. Only a cancellation is thrown.
awaitable<std::optional<Refused>> send(net::HttpPoster& poster, const catalog::FileEvent& event,
                                       const catalog::Monitor& monitor, const std::optional<Secret>& secret,
                                       const EventContent& content);

}  // namespace fairlead::monitor
