#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "fairlead/entry.hpp"
#include "net/mail.hpp"

namespace fairlead::service {
class Engine;
class WorkspacePool;
}  // namespace fairlead::service

namespace fairlead::monitor {

/// What came of sending an event to a receiver.
enum class Attempt {
    delivered,
    failed,    ///< there will be another one
    given_up,  ///< it is a dead letter now
};

struct DelivererOptions {
    std::function<Time()> now;  ///< empty: the system's clock
    unsigned at_once = 32;      ///< receivers to whom events are under way
    std::chrono::milliseconds look{std::chrono::seconds(1)};  ///< how soon what other processes found is delivered
    std::chrono::milliseconds first_wait{std::chrono::seconds(1)};   ///< after a failed attempt; doubled for each more
    std::chrono::milliseconds longest_wait{std::chrono::minutes(10)};
    std::uint64_t attempts = 50;  ///< before what a flow or operation tells becomes a dead letter: some seven hours
    std::chrono::milliseconds keep{std::chrono::days(7)};  ///< events that everybody has taken
    net::MailServer mail;  ///< by which mail goes; no url: none does
    /// Told of each attempt. On the deliverer's thread.
    std::function<void(Attempt)> attempted;
};

/// Sends the events of monitors, flows and operations to webhooks and by mail, as long as it lives: to each receiver in
/// order, one at a time, each at least once and always with the same id. What fails is tried again later; what fails too often becomes a
/// dead letter, and those after it go on. Several on one store share the work.
class Deliverer {
  public:
    /// Begins at once. Pool and engine must outlive this object.
    Deliverer(service::WorkspacePool& workspaces, service::Engine& engine, DelivererOptions options = {});
    ~Deliverer();
    Deliverer(const Deliverer&) = delete;
    Deliverer& operator=(const Deliverer&) = delete;

    /// There may be something to deliver. From any thread.
    void look();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// How long to wait after so many failed attempts (1 and more).
std::chrono::milliseconds delivery_wait(std::uint64_t attempts, const DelivererOptions& options);

}  // namespace fairlead::monitor
