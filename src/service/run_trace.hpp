#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "fairlead/observer.hpp"

namespace fairlead::service {

/// The conversations of a run with its servers, on their way to its record: so much of them, and no more. Secrets are
/// masked before they get here. From any thread.
class RunTrace {
  public:
    /// Hears the sessions of a connection, and passes what it hears on to `besides`, which may be null and must outlive it.
    static std::shared_ptr<Observer> observer(std::shared_ptr<RunTrace> trace, std::string connection, Observer* besides);

    /// "12:01:02.123 partner > NOOP"; ">" sent, "<" received, "*" notes and steps.
    void add(std::string_view connection, char mark, std::string_view text);
    bool has_news() const;
    /// What was added since, given how many bytes were recorded before. Where that becomes too much it says so at its end,
    /// and once that is written nothing more is heard.
    std::string news(std::uint64_t recorded);
    void written(const std::string& news);

  private:
    mutable std::mutex mutex_;
    std::string news_;
    bool cut_ = false;  // the last news were
    bool full_ = false;
};

}  // namespace fairlead::service
