#include "service/patience.hpp"

namespace fairlead::service {

transfer::Patience patience_of(const catalog::Retry& retry, unsigned retries) {
    transfer::Patience patience;
    patience.retries = retries;
    patience.first_wait = retry.wait;
    patience.longest_wait = retry.longest_wait;
    patience.factor = static_cast<double>(retry.factor);
    patience.jitter = static_cast<double>(retry.jitter) / 100;
    patience.errors = catalog::retry_codes(retry);
    return patience;
}

}  // namespace fairlead::service
