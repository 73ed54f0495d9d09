#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string_view>

namespace fairlead::cli {

enum class LogLevel { debug, info, warning, error };
/// Throws Error{invalid_argument} naming the choices.
LogLevel parse_log_level(std::string_view word);

/// What a daemon has to say: one JSON object a line on standard error, {"time","level","event",...}. Lines
/// are written by a thread of their own, so that a reader that stands still holds nobody up; when too much
/// waits, lines are left out, and the next one says how many. May be used from any thread.
class JsonLog {
  public:
    explicit JsonLog(LogLevel least);
    /// Writes what waits, for a second at most.
    ~JsonLog();
    JsonLog(const JsonLog&) = delete;
    JsonLog& operator=(const JsonLog&) = delete;

    bool wants(LogLevel level) const noexcept { return level >= least_; }
    void write(LogLevel level, std::string_view event, boost::json::object details = {});

  private:
    struct Writer;
    LogLevel least_;
    std::shared_ptr<Writer> writer_;
};

}  // namespace fairlead::cli
