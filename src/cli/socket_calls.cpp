// recv and poll for this program and the libraries it loads: libssh's reading of its socket is answered from
// what was read in large pieces (see sftp/socket_reads.hpp), everything else by the kernel.
//
// libssh offers no other way to put anything between itself and its socket but a second pair of sockets,
// which copies every byte twice more. The sanitizers have calls of these names of their own.
#include <features.h>

#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
    !__has_feature(memory_sanitizer)

#include <poll.h>
#include <sys/socket.h>

#include <ctime>

#include "sftp/socket_reads.hpp"

using fairlead::sftp::SocketReads;

namespace {

/// As poll(2), by the call next to it, whose name is left to the C library.
int ask_kernel(pollfd* wanted, nfds_t count, int patience) {
    const timespec limit{patience / 1000, patience % 1000 * 1'000'000L};
    return ::ppoll(wanted, count, patience < 0 ? nullptr : &limit, nullptr);
}

}  // namespace

extern "C" ssize_t recv(int descriptor, void* into, std::size_t room, int flags) {
    auto* const reads = flags == 0 ? SocketReads::of(descriptor) : nullptr;
    return reads != nullptr ? reads->take(into, room)
                            : ::recvfrom(descriptor, into, room, flags, nullptr, nullptr);
}

extern "C" int poll(pollfd* wanted, nfds_t count, int patience) {
    pollfd* held = nullptr;
    for (nfds_t i = 0; i < count; ++i) {
        const auto* const reads = (wanted[i].events & POLLIN) != 0 ? SocketReads::of(wanted[i].fd) : nullptr;
        if (reads != nullptr && reads->holds()) held = &wanted[i];
    }
    if (held == nullptr) return ask_kernel(wanted, count, patience);
    if (count == 1 && held->events == POLLIN) {
        held->revents = POLLIN;
        return 1;
    }
    const int others = ask_kernel(wanted, count, 0);
    if (others < 0) return others;
    const int more = held->revents == 0 ? 1 : 0;
    // That the connection has ended is news for when what came before it was read.
    held->revents = static_cast<short>((held->revents & ~(POLLHUP | POLLERR)) | POLLIN);
    return others + more;
}

#endif
