#pragma once

#include <memory>
#include <string_view>

#include "service/held_run.hpp"

namespace prometheus {
class Registry;
}

namespace fairlead::service {

/// Counts runs and their files: by kind, state, protocol and outcome, and by nothing that could be many.
class RunMetrics final : public RunObserver {
  public:
    /// The registry must outlive this object.
    explicit RunMetrics(prometheus::Registry& registry);
    ~RunMetrics() override;

    void file_done(const catalog::Run& run, std::string_view protocol, const catalog::RunFile& file) override;
    void retried(const catalog::Run& run) override;
    void run_ended(const catalog::Run& run) override;
    void queue(std::uint64_t waiting, std::uint64_t running) override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
