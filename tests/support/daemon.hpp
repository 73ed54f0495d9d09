#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/cli.hpp"
#include "support/raw_http.hpp"

namespace fairlead::test {

/// `fairlead serve` on a free port, running as long as this object lives.
class Daemon {
  public:
    /// Over the data directory of `cli`; `arguments` come after "serve". Throws std::runtime_error with what
    /// it said when it does not start.
    explicit Daemon(const Cli& cli, const std::vector<std::string>& arguments = {});
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    /// The text of the administrator's token.
    const std::string& token() const noexcept { return token_; }
    pid_t process() const noexcept { return process_; }

    /// One request, with the administrator's token. `headers` are whole lines.
    RawAnswer operator()(std::string_view method, std::string_view target, std::string_view body = {},
                         std::string_view headers = {}) const;

    /// Sends SIGTERM and waits; gives the exit status (128 + signal when a signal ended it). Once.
    int stop();
    /// What it has logged so far.
    std::string log() const;

  private:
    std::string log_file_;
    std::string token_;
    pid_t process_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace fairlead::test
