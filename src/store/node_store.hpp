#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

namespace fairlead::store {

/// A daemon that executes runs of the store.
struct Node {
    std::string name;     ///< "host:/data/directory"; see service::node_of
    std::string process;  ///< "host/boot/pid/start", as the leases of its runs have it
    std::string version;  ///< of the program
    Time since{};         ///< it began
    Time seen{};          ///< its last sign of life
};

/// Which daemons there are, by what each of them said last. Used from one thread.
class NodeStore {
  public:
    virtual ~NodeStore() = default;
    /// A sign of life.
    virtual void put(const Node& node) = 0;
    /// By name, then by when they began.
    virtual std::vector<Node> list() = 0;
    virtual void remove(std::string_view process) = 0;
};

}  // namespace fairlead::store
