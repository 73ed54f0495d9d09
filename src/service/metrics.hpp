#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Registry;
}

namespace fairlead::service {

struct PoolUsage;

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

    /// One request was answered. `route`: the pattern of its path, which must outlive this; empty: none.
    void http_answered(std::string_view method, std::string_view route, unsigned status,
                       std::chrono::microseconds time);
    /// A session to a server was opened. It counts as open until what is given back goes.
    std::shared_ptr<void> session_opened(std::string_view protocol);
    /// One could not be opened.
    void session_failed(std::string_view protocol, std::string_view code);
    /// Content of a file came (upload) or went (download) through HTTP. `outcome`: done, failed or cut.
    void content_moved(std::string_view direction, std::string_view protocol, std::string_view outcome,
                       std::uint64_t bytes, std::chrono::microseconds time);
    /// Something on the routes of files failed and is tried again.
    void retried(std::string_view protocol);
    /// What of the sessions to servers is in use now.
    void pools(const std::map<std::string, PoolUsage>& usages);
    /// Asked for the number of open handles whenever somebody reads.
    void watch_handles(std::function<std::size_t()> count);
    /// Asked for the number of open HTTP connections whenever somebody reads.
    void watch_connections(std::function<std::size_t()> count);

    /// All of it in Prometheus' text format.
    std::string text();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
