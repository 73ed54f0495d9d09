#include "flow/forget.hpp"

#include "store/delivery_store.hpp"
#include "store/store.hpp"

namespace fairlead::flow {
namespace {

constexpr std::size_t kAtOnce = 500;

}  // namespace

bool forget_some(store::Store& store, const Keep& keep, Time now) {
    auto& ledger = store.deliveries();
    bool more = ledger.forget_notes(now - keep.notes, kAtOnce) >= static_cast<std::int64_t>(kAtOnce);
    if (keep.deliveries)
        more = ledger.forget_versions(now - *keep.deliveries, kAtOnce) >= static_cast<std::int64_t>(kAtOnce) || more;
    return more;
}

}  // namespace fairlead::flow
