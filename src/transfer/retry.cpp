#include "transfer/retry.hpp"

#include <sodium.h>

#include <algorithm>

namespace fairlead::transfer {
namespace {

constexpr std::chrono::minutes kLongestNamed(5);  // that a server may make us wait
constexpr unsigned kMostDoublings = 20;

}  // namespace

std::chrono::milliseconds wait_after(unsigned failures, const Error& error, const Patience& patience,
                                     double luck) {
    using Exact = std::chrono::duration<double, std::milli>;
    const auto doublings = std::min(failures > 0 ? failures - 1 : 0, kMostDoublings);
    const auto grown = Exact(patience.first_wait) * static_cast<double>(1u << doublings);
    const auto whole = std::min(grown, Exact(patience.longest_wait));
    const auto ours =
        std::chrono::duration_cast<std::chrono::milliseconds>(whole * (0.5 + std::clamp(luck, 0.0, 1.0) / 2));
    const std::chrono::milliseconds named = std::min<std::chrono::milliseconds>(
        error.retry_after.value_or(std::chrono::milliseconds(0)), kLongestNamed);
    return std::max(ours, named);
}

bool is_worth_another(const Error& error, unsigned failures, const Patience& patience) noexcept {
    return failures <= patience.retries && error.code != ErrorCode::cancelled && error.retryable();
}

double luck() {
    return static_cast<double>(randombytes_random()) / 4294967295.0;
}

}  // namespace fairlead::transfer
