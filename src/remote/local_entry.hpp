#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"

namespace fairlead::local {

/// The names of users and groups, asked once each: the system's own look-up may go over the network.
class Names {
  public:
    const std::string& user(unsigned id);
    const std::string& group(unsigned id);

  private:
    std::unordered_map<unsigned, std::string> users_, groups_;
};

/// Facts about `name` in an open directory, of a link itself. Gives errno, or 0.
int describe(int directory, const std::string& name, Names& names, Entry& entry);

/// Lists an open directory, in batches read on another thread. `path` is where it is, for the entries;
/// `shown` is the same for messages.
std::unique_ptr<Listing> listing(Descriptor directory, std::string path, std::string shown);

}  // namespace fairlead::local
