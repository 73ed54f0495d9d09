#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/file_version.hpp"
#include "service/held_run.hpp"
#include "store/delivery_store.hpp"

namespace fairlead::catalog {
struct Flow;
}
namespace fairlead::service {
struct Alert;
}

namespace fairlead::flow {

/// What a run writes into the ledger of its flow. Whatever is written is written only while the run is still ours:
/// else Error{conflict}, and nothing is.
class Ledger {
  public:
    Ledger(service::HeldRun& held, std::string flow) : held_(held), flow_(std::move(flow)) {}

    /// Takes the flow for this run. Throws conflict naming the run that has it, or waits for its end.
    awaitable<void> take(bool waits);
    awaitable<std::vector<catalog::FileVersion>> versions_of(const std::string& path);
    /// Those in these states, newest first, before the one with this number.
    awaitable<std::vector<catalog::FileVersion>> list(std::vector<catalog::VersionState> states, std::int64_t before);
    /// A version that was delivered before and has this content.
    awaitable<std::optional<catalog::FileVersion>> same_content(const catalog::FileVersion& version);
    awaitable<void> put(catalog::FileVersion& version);
    /// Together with what the run's history says of it.
    awaitable<void> put(catalog::FileVersion& version, const catalog::RunFile& file);
    /// Tells something of the flow; once for each key.
    awaitable<void> tell(const catalog::Flow& flow, const service::Alert& alert);
    /// That the run is still ours.
    awaitable<void> require_ours();

    const std::string& flow() const noexcept { return flow_; }
    service::HeldRun& held() noexcept { return held_; }

  private:
    awaitable<void> on_store(std::function<void(store::DeliveryStore&)> work);

    service::HeldRun& held_;
    std::string flow_;
};

/// The time of the machine.
Time now();

}  // namespace fairlead::flow
