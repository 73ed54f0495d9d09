#pragma once

#include <chrono>
#include <string>

#include "store/node_store.hpp"

namespace fairlead::service {

class Workspace;

/// Tells the other nodes of a store that this one lives, and ends runs that wait for one that does not: a run whose documents
/// lie in a node's data directory can be executed by nobody else, and whoever waits for it is to hear that.
class NodeWatch {
  public:
    /// A node that was not heard of for so long is gone.
    explicit NodeWatch(std::chrono::milliseconds patience) : patience_(patience) {}

    /// To be called often; does something every now and then. Gives how many runs were ended.
    unsigned look(Workspace& workspace);

  private:
    void sign(Workspace& workspace);
    unsigned end_lost(Workspace& workspace) const;

    std::chrono::milliseconds patience_;
    store::Node self_;
    std::chrono::steady_clock::time_point next_sign_{}, next_search_{};
};

}  // namespace fairlead::service
