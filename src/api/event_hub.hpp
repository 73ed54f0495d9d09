#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace fairlead::service {
class WorkspacePool;
}

namespace fairlead::api {

/// What a listener wants to hear.
struct EventWish {
    std::string run;                    ///< empty: of all
    std::vector<std::string> projects;  ///< any of them; empty: all
    std::optional<std::int64_t> after;  ///< events with a higher number; absent: those from now on
};

/// Gives the events of the store to all who listen, as server-sent events. While anybody does, it looks into the
/// store every half second (other processes write events too), and at once when `look` is called, for all of them
/// together. Whoever wants older events, or does not keep up, reads them from the store at its own pace first: so
/// nobody misses one, and a listener costs little memory.
class EventHub {
  public:
    /// The pool must outlive this object, and this object the HTTP server.
    explicit EventHub(service::WorkspacePool& workspaces);
    ~EventHub();
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    /// The answer that stays open; that about one run ends with the run.
    http::Response listen(EventWish wish);
    /// Something has happened. From any thread.
    void look();
    /// How many listen. On any thread.
    std::size_t listeners() const noexcept;

  private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

}  // namespace fairlead::api
