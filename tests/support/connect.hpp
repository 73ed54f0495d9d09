#pragma once

#include <string>
#include <vector>

#include "support/cli.hpp"
#include "support/server.hpp"

namespace fairlead::test {

/// Makes a connection to a running server, all that is needed to log in, with `more` flags.
void connect(const Cli& fairlead, const std::string& name, const Server& server,
             const std::vector<std::string>& more = {});
/// The same to any endpoint that a password suffices for.
void connect(const Cli& fairlead, const std::string& name, const Endpoint& endpoint,
             const std::vector<std::string>& more = {});

}  // namespace fairlead::test
