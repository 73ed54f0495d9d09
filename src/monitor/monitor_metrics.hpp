#pragma once

#include <memory>

namespace prometheus {
class Registry;
}

namespace fairlead::monitor {

enum class Attempt;
struct Looked;

/// Counts looks, events and deliveries, by nothing that could be many. May be used from any thread.
class MonitorMetrics {
  public:
    /// The registry must outlive this object.
    explicit MonitorMetrics(prometheus::Registry& registry);
    ~MonitorMetrics();
    MonitorMetrics(const MonitorMetrics&) = delete;
    MonitorMetrics& operator=(const MonitorMetrics&) = delete;

    void looked(const Looked& look);
    void attempted(Attempt attempt);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::monitor
