#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "catalog/resource.hpp"
#include "service/actor.hpp"

namespace fairlead::service {

/// The time as it is recorded.
inline Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Makes the record the one of the next revision: who, when, and, for the first one, a fresh id.
void stamp(catalog::Record& record, const Actor& actor);
/// Who and when, for a removal, which keeps the revision.
void stamp_removal(catalog::Record& record, const Actor& actor);

/// Throws conflict when a revision is expected and the record has another one.
void require_revision(catalog::Kind kind, std::string_view name, const catalog::Record& record,
                      std::optional<std::int64_t> expected);

}  // namespace fairlead::service
