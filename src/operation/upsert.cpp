#include "operation/work.hpp"

namespace fairlead::operation {

/// What tells it from create is what it does when the file is there: Operation::existing_policy.
awaitable<void> upsert(Work& work, const catalog::Operation& operation, const Input& input,
                       catalog::RunFile& file, transfer::Staged& staged) {
    return create(work, operation, input, file, staged);
}

}  // namespace fairlead::operation
