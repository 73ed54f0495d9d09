#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "transfer/run.hpp"

namespace fairlead::cli {

/// Tells how a transfer goes: a progress line on a terminal, one JSON line per file with --json, one line per
/// file with -v, each failure on standard error, and a summary.
class CopyReport final : public transfer::RunListener {
  public:
    /// The prefixes make paths of either side into locations ("partner:").
    CopyReport(Context& context, std::string source_prefix, std::string target_prefix);

    void began(std::string_view source, std::optional<std::uint64_t> size) override;
    void moved(std::uint64_t bytes) override;
    void already_there(std::uint64_t bytes) override;
    void moved_in_vain(std::uint64_t bytes) override;
    void expected(std::uint64_t bytes) override { expected_ = expected_.value_or(0) + bytes; }
    void left_out(const std::string& source, const std::string& why) override;
    void stopped(const std::string& source, const Error& error) override;
    void retrying(const std::string& what, const Error& error, unsigned failures,
                  std::chrono::milliseconds wait) override;
    void done(const transfer::TransferResult& result) override;
    /// Failures are held back until it is known whether the one item there was is what failed.
    void failed(const std::string& source, const Error& error) override;

    /// More files of other places follow, or may.
    void change_prefixes(std::string source_prefix, std::string target_prefix);
    /// Files that failed so far; done ones.
    std::uint64_t failures() const noexcept { return failures_; }
    std::uint64_t successes() const noexcept { return files_ + skipped_ + removed_; }
    /// The failure of the only item there was, if it failed; then it is not reported but for the caller to
    /// throw.
    std::optional<Error> only_failure();
    /// Reports what was held back.
    void report_failures() { report_held(); }
    /// Takes the progress line away and prints the summary.
    void finish();

  private:
    void draw(bool now);
    void clear();
    void report_held();
    void count(const transfer::TransferResult& result);

    Context& context_;
    std::string source_prefix_, target_prefix_;
    const bool bar_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now(), drawn_at_ = began_;
    std::string current_;
    std::uint64_t files_ = 0, skipped_ = 0, removed_ = 0, failures_ = 0;
    std::uint64_t planned_bytes_ = 0;
    bool planned_ = false;
    std::uint64_t moved_ = 0;  ///< in this run
    std::uint64_t there_ = 0;  ///< at the targets, for the share of all
    std::optional<std::uint64_t> expected_;
    std::optional<std::pair<std::string, Error>> held_;
    transfer::Proof weakest_ = transfer::Proof::checksum;
};

}  // namespace fairlead::cli
