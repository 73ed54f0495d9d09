#include "support/connect.hpp"

namespace fairlead::test {

void connect(const Cli& fairlead, const std::string& name, const Endpoint& endpoint,
             const std::vector<std::string>& more) {
    ProcessOptions options;
    options.input = std::string(endpoint.password.reveal());
    std::vector<std::string> words{"connection",
                                   "create",
                                   name,
                                   "--protocol",
                                   std::string(to_string(endpoint.protocol)),
                                   "--host",
                                   endpoint.host,
                                   "--port",
                                   std::to_string(endpoint.port),
                                   "--username",
                                   endpoint.username,
                                   "--password-stdin",
                                   "--working-directory",
                                   endpoint.working_directory};
    words.insert(words.end(), more.begin(), more.end());
    fairlead.ok(words, options);
}

void connect(const Cli& fairlead, const std::string& name, const Server& server,
             const std::vector<std::string>& more) {
    auto words = more;
    if (!server["ca"].empty()) words.insert(words.end(), {"--tls-ca", server["ca"]});
    if (!server["host_key"].empty()) words.insert(words.end(), {"--host-key", server["host_key"]});
    connect(fairlead, name, server.endpoint(), words);
}

}  // namespace fairlead::test
