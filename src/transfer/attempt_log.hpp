#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

namespace fairlead::transfer {

/// What was done about one file, for its history: attempt by attempt, and in each step by step with the time that it
/// took. Bounded: of many attempts the last ones stay, of many steps the first ones.
class AttemptLog {
  public:
    /// Goes on with what an earlier process has logged of the same file.
    void go_on(std::int64_t attempts, boost::json::array history);

    /// A step begins, and with the first one an attempt; the step before it went well.
    void step(std::string_view name);
    /// The addresses of the servers that the attempt goes between; empty: this machine.
    void between(std::string_view source, std::string_view target);
    /// So many bytes were moved by the attempt.
    void moved(std::uint64_t bytes);
    /// The attempt failed, at the step that is under way. Nothing where none is.
    void failed(const Error& error);
    /// Nothing more will be done. A failure without an attempt is one of its own, without steps.
    void close(const std::optional<Error>& error);

    /// How many there were, also those that did not stay.
    std::int64_t attempts() const noexcept { return attempts_; }
    /// Each an object: attempt, startedAt, finishedAt, bytes, source and target where they are known, steps (step, ok,
    /// milliseconds), error. One that is under way is told as far as it is.
    boost::json::array history() const;

  private:
    struct Step {
        std::string name;
        std::chrono::steady_clock::time_point began;
        std::chrono::milliseconds took;
        bool ok;
    };
    struct Attempt {
        Time began;
        std::string source, target;
        std::uint64_t bytes;
        std::vector<Step> steps;
        bool in_step;  // the last one is under way
    };
    void begin();
    void end_step(bool ok);
    void end(const Error* error);
    boost::json::object document_of(const Attempt& attempt, const Error* error) const;

    std::int64_t attempts_ = 0;
    std::optional<Attempt> current_;  // under way
    boost::json::array history_;
};

}  // namespace fairlead::transfer
