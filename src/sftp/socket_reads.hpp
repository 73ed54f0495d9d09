#pragma once

#include <sys/types.h>

#include <cstddef>
#include <utility>

#include "base/page_buffer.hpp"

namespace fairlead::sftp {

/// Bytes read off a socket in large pieces, and given to libssh in the small ones that it asks for.
///
/// libssh asks for 4 KiB at a time, and asks poll(2) before each: half a million system calls for a GiB. The
/// program answers both calls from here (cli/socket_calls.cpp); where nobody does, such as in a program of
/// your own that uses the library, nothing is ever held and libssh asks the kernel.
///
/// What is held has left the socket, so every call into libssh that may read must be made while a Scope
/// stands, by one thread at a time, and whoever waits for the socket must ask `holds` before.
class SocketReads {
  public:
    /// While it stands, calls of this thread that read `reads`' socket are answered by it.
    class Scope {
      public:
        explicit Scope(SocketReads& reads) noexcept : before_(std::exchange(current_, &reads)) {}
        ~Scope() { current_ = before_; }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        SocketReads* before_;
    };

    /// From now on; before, everything goes to the kernel.
    void begin(int descriptor) { descriptor_ = descriptor; }

    /// Who answers for the descriptor in this thread at this moment; null: the kernel.
    static SocketReads* of(int descriptor) noexcept {
        return current_ != nullptr && current_->descriptor_ == descriptor && descriptor >= 0 ? current_
                                                                                             : nullptr;
    }
    /// As recv(2).
    ssize_t take(void* into, std::size_t room) noexcept;
    bool holds() const noexcept { return begin_ < end_; }

  private:
    static thread_local SocketReads* current_;

    int descriptor_ = -1;
    PageBuffer buffer_;
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace fairlead::sftp
