#pragma once

#include <string>

namespace fairlead::service {

/// The right to replace the key file of a data directory: one process at a time. Given up with the object, or
/// by the kernel when the process dies.
class KeyLock {
  public:
    /// `wait` false: `held` says whether it was free. Throws Error{permission_denied} or Error{internal} when
    /// the lock's file cannot be made, and Error{conflict} when it is not free within 10 seconds.
    KeyLock(const std::string& data_directory, bool wait);
    KeyLock(const KeyLock&) = delete;
    KeyLock& operator=(const KeyLock&) = delete;
    ~KeyLock();

    bool held() const noexcept { return held_; }

  private:
    int file_ = -1;
    bool held_ = false;
};

}  // namespace fairlead::service
