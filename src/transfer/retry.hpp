#pragma once

#include <chrono>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::transfer {

/// How patiently what failed is tried again.
struct Patience {
    unsigned retries = 0;                            ///< after the first attempt; 0: one attempt
    std::chrono::milliseconds first_wait{500};       ///< before the first retry
    std::chrono::milliseconds longest_wait{30'000};  ///< never more, unless the server names a longer wait
    double factor = 2;                               ///< by which each wait is longer than the one before
    double jitter = 0.5;                             ///< the part of a wait that is left to chance
    std::vector<ErrorCode> errors{};                 ///< only after these, of those that may pass; empty: all of them
};

/// How long to wait after so many failures (1 and more). `luck`, from 0 to 1, spreads what would otherwise
/// come back all at once over the part of the wait that is left to chance.
std::chrono::milliseconds wait_after(unsigned failures, const Error& error, const Patience& patience,
                                     double luck);

/// Whether another attempt is due after so many failures: only where the error says that it may help, and
/// as long as patience lasts.
bool is_worth_another(const Error& error, unsigned failures, const Patience& patience) noexcept;

/// From 0 to 1.
double luck();

}  // namespace fairlead::transfer
