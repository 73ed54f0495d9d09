#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/cli.hpp"
#include "support/server.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {

/// Files by their path below a folder, and what is in them.
using Files = std::map<std::string, std::string>;

/// All files below a folder, hidden ones too; none when it is not there.
Files files_in(const std::filesystem::path& folder);
/// Their paths and sizes in words.
std::string to_text(const Files& files);

/// Where files can be: on this machine, or on a server that runs as long as the program.
class Side {
  public:
    /// "local", or a script of tests/servers with its options, blanks between.
    explicit Side(std::string description);

    /// How a connection to it is called; empty for this machine.
    const std::string& name() const noexcept { return name_; }
    void connect_to(const Cli& fairlead) const;
    /// A new folder there with these files, which its user may change.
    std::filesystem::path make_folder(const Files& files) const;
    /// As the command line names it: `path` below such a folder.
    std::string location(const std::filesystem::path& folder, const std::string& path) const;

  private:
    std::string name_;
    const Server* server_ = nullptr;
};

/// A command line with a data directory of its own, which connections to some sides are made in.
class Operator {
  public:
    Operator(std::string binary, const std::vector<Side>& sides);

    ProcessResult run(const std::vector<std::string>& arguments, ProcessOptions options = {}) const {
        return fairlead_(arguments, std::move(options));
    }
    /// What lies in the data directory beside the connections: unfinished business.
    std::vector<std::string> unfinished() const;
    void forget() const;

  private:
    std::vector<std::string> data_files() const;

    const Cli fairlead_;
    std::vector<std::string> at_first_;
};

}  // namespace fairlead::test
