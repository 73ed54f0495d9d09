#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {

/// The built binary with a data directory of its own.
class Cli {
  public:
    /// `binary`: another one of the same kind than build/fairlead. `environment`: for each run that does not say
    /// otherwise.
    explicit Cli(std::string binary = fairlead_binary(), std::map<std::string, std::string> environment = {})
        : binary_(std::move(binary)), environment_(std::move(environment)) {}

    /// Runs `fairlead ARGUMENTS...` to its end.
    ProcessResult operator()(const std::vector<std::string>& arguments, ProcessOptions options = {}) const;
    /// The same, expecting success; gives standard output. Throws std::runtime_error with what was said
    /// otherwise.
    std::string ok(const std::vector<std::string>& arguments, ProcessOptions options = {}) const;
    /// Standard output of a successful run with --json, parsed.
    boost::json::value json(std::vector<std::string> arguments, ProcessOptions options = {}) const;

    /// The command line as the arguments of a program that starts it, such as a shell.
    std::vector<std::string> command(const std::vector<std::string>& arguments) const;

    std::filesystem::path data() const { return folder_ / "data"; }
    const TemporaryFolder& folder() const noexcept { return folder_; }

  private:
    std::string binary_;
    std::map<std::string, std::string> environment_;
    TemporaryFolder folder_;
};

}  // namespace fairlead::test
