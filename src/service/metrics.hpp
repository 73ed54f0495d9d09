#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Registry;
}

namespace fairlead::service {

/// What a daemon counts, for Prometheus. Labels take their values from short lists (methods, protocols,
/// outcomes), never from names, paths or hosts. May be used from any thread.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Where other rooms add what they count (prometheus::BuildCounter() and the like). Names begin with
    /// "fairlead_".
    prometheus::Registry& registry() noexcept;

    /// One request was answered.
    void http_answered(std::string_view method, unsigned status, std::chrono::microseconds time);
    /// Asked for the number of open HTTP connections whenever somebody reads.
    void watch_connections(std::function<std::size_t()> count);

    /// All of it in Prometheus' text format.
    std::string text();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
