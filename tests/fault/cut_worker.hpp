#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/observer.hpp"
#include "fault/cut_cases.hpp"
#include "support/cut_proxy.hpp"
#include "support/run.hpp"
#include "support/server.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::test {

/// A server, and which way a file goes.
struct CutRoute {
    std::string name;
    std::string server;
    std::vector<std::string> options;
    bool upload = false;
};

/// Keeps the conversation.
class Transcript : public Observer {
  public:
    void sent(std::string_view line) override { add('>', line); }
    void received(std::string_view line) override { add('<', line); }
    void note(std::string_view line) override { add('*', line); }
    std::string text;

  private:
    void add(char mark, std::string_view line) {
        text.append("    ").append(1, mark).append(" ").append(line).append("\n");
    }
};

/// What one transfer with a cut in it came to.
struct CutOutcome {
    Transcript transcript;
    std::optional<Error> failure;
    std::optional<transfer::TransferResult> result;
    bool tried_again = false;  ///< because the error said that the session can be used
    std::optional<Error> second_failure;
};

/// Moves "source.bin" to "target.bin" through a proxy; for one thread.
class CutWorker {
  public:
    CutWorker(const CutRoute& route, const Server& server, unsigned number, std::string content);

    CutProxy& proxy() { return proxy_; }

    /// Makes new folders, so that what a server still does for an earlier case cannot be seen in this one.
    void prepare(std::optional<std::string> old_content);
    /// Logs in, moves, and moves again when the first failure left a usable session. Every wait at most
    /// `patience`.
    CutOutcome run(std::chrono::milliseconds patience);
    /// The same as the command line does it, with sessions that are opened again and several attempts; the
    /// cut is on the first connection only.
    CutOutcome run_patiently(std::chrono::milliseconds patience);
    /// What passes, on the first connection of each channel, when nothing is cut. Throws when the transfer
    /// fails.
    std::vector<CutLine> measure();

    std::optional<std::string> target() const;
    /// The names in the target's folder beside the target itself.
    std::vector<std::string> strays() const;

  private:
    Endpoint endpoint(std::chrono::milliseconds patience) const;
    const std::filesystem::path& target_folder() const { return route_.upload ? remote_ : local_; }

    const CutRoute& route_;
    const Server& server_;
    const unsigned number_;
    const std::string content_;
    unsigned count_ = 0;
    CutProxy proxy_;
    Loop loop_;
    TemporaryFolder scratch_;
    std::filesystem::path remote_, local_;
};

}  // namespace fairlead::test
