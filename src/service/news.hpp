#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace fairlead::service {

/// Tells, from a thread of its own, that runs were changed, by whichever process: at once where the store says so by
/// itself (PostgreSQL), within a twentieth of a second where it is looked at (SQLite). Many changes are told as few.
class News {
  public:
    /// Arguments as Workspace takes them. `changed` must neither block nor throw. A store that is away is waited for;
    /// once it is back, `changed` is called.
    News(std::string directory, std::string store, std::function<void()> changed);
    /// `changed` is not called any more.
    ~News();
    News(const News&) = delete;
    News& operator=(const News&) = delete;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::service
