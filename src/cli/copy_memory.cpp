// memcpy for this program and the libraries it loads: the C library's own, called for small pieces.
//
// Before 2.39 glibc copies 8 KiB and more with one REP MOVSB. AMD's Zen 3 and 4 do that at 50 GB/s, but at 1
// to 2 GB/s when the target lies a few bytes behind the source within a page (glibc bug 30994). libssh's
// buffers are powers of two beside each other on the heap and lie just so: two copies of every byte that
// comes took half of a download's CPU time. Pieces below the threshold are copied by vector loops.
#include <features.h>

#if defined(__x86_64__) && defined(__GLIBC__) && !__GLIBC_PREREQ(2, 39) &&   \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
    !__has_feature(memory_sanitizer)

#include <cstring>

// Compiled without knowledge of memcpy, or the compiler would make this call itself. mempcpy and memmove are
// glibc's own.
namespace {
constexpr std::size_t kPiece =
    2048;  // the last one may be nearly twice as long; glibc's threshold is 4 or 8 KiB

/// By itself, so that the many small copies save no registers.
[[gnu::noinline]] void* copy_in_pieces(void* to, const void* from, std::size_t count) noexcept {
    void* at = to;
    const auto* next = static_cast<const char*>(from);
    for (; count >= 2 * kPiece; count -= kPiece, next += kPiece)
        at = ::mempcpy(at, next, kPiece);
    ::mempcpy(at, next, count);
    return to;
}
}  // namespace

extern "C" void* memcpy(void* __restrict to, const void* __restrict from, std::size_t count) noexcept {
    if (count < 2 * kPiece) return ::memmove(to, from, count);  // the same code, and gives `to`
    return copy_in_pieces(to, from, count);
}

#endif
