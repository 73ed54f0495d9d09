#include "transfer/retry.hpp"

#include <sodium.h>

#include <algorithm>
#include <cmath>

namespace fairlead::transfer {
namespace {

constexpr std::chrono::minutes kLongestNamed(5);  // that a server may make us wait
constexpr unsigned kMostSteps = 20;  // after which a wait grows no more

}  // namespace

std::chrono::milliseconds wait_after(unsigned failures, const Error& error, const Patience& patience,
                                     double luck) {
    using Exact = std::chrono::duration<double, std::milli>;
    const auto steps = std::min(failures > 0 ? failures - 1 : 0, kMostSteps);
    const auto grown = Exact(patience.first_wait) * std::pow(patience.factor, steps);
    const auto whole = std::min(grown, Exact(patience.longest_wait));
    const auto ours =
        std::chrono::duration_cast<std::chrono::milliseconds>(whole * (1 - patience.jitter * (1 - std::clamp(luck, 0.0, 1.0))));
    const std::chrono::milliseconds named = std::min<std::chrono::milliseconds>(
        error.retry_after.value_or(std::chrono::milliseconds(0)), kLongestNamed);
    return std::max(ours, named);
}

bool is_worth_another(const Error& error, unsigned failures, const Patience& patience) noexcept {
    const bool wanted = patience.errors.empty() || std::ranges::find(patience.errors, error.code) != patience.errors.end();
    return wanted && failures <= patience.retries && error.code != ErrorCode::cancelled && error.retryable();
}

double luck() {
    return static_cast<double>(randombytes_random()) / 4294967295.0;
}

}  // namespace fairlead::transfer
