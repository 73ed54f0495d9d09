#include "service/key_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <cstring>

#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

constexpr int kTries = 200;
constexpr int kPause = 50;  // milliseconds

}  // namespace

KeyLock::KeyLock(const std::string& data_directory, bool wait) {
    const auto path = data_directory + "/secret.lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0)
        throw Error(errno == EACCES ? ErrorCode::permission_denied : ErrorCode::internal,
                    fmt::format("Opening {} failed: {}.", path, std::strerror(errno)));
    for (int i = 0; !held_ && i < (wait ? kTries : 1); ++i) {
        if (i > 0) ::poll(nullptr, 0, kPause);
        held_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0;
    }
    if (held_ || !wait) return;
    ::close(file_);
    throw Error(ErrorCode::conflict, "The secrets are being encrypted anew by another process.")
        .hinting("wait for it to end");
}

KeyLock::~KeyLock() {
    ::close(file_);
}

}  // namespace fairlead::service
