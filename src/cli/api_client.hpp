#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::cli {

/// How to reach a daemon.
struct ServerFlags {
    std::string server = "http://127.0.0.1:8480";
    std::string token_file, token_variable;
    std::string ca;
};
void add_server_options(CLI::App& verb, ServerFlags& flags);

/// Talks to a daemon's REST API. Its errors come back as they were thrown there.
class ApiClient {
  public:
    /// The token: --token-file, --token-env, $FAIRLEAD_TOKEN, or what a daemon of this data directory wrote
    /// at its first start. Throws invalid_argument when there is none.
    ApiClient(const Context& context, const ServerFlags& flags);

    /// One request. Throws the error of a problem document; connection_refused and the like when nobody
    /// answers. Null for an answer without content.
    boost::json::value call(const std::string& method, const std::string& path,
                            const std::optional<boost::json::value>& content = {}) const;

  private:
    std::string server_, ca_;
    Secret token_;
};

/// A text as one part of a path.
std::string as_path_part(std::string_view text);

}  // namespace fairlead::cli
