#include "service/stamp.hpp"

#include <fmt/format.h>

#include "fairlead/error.hpp"

namespace fairlead::service {

void stamp(catalog::Record& record, const Actor& actor) {
    record.revision += 1;
    record.updated_at = now();
    record.updated_by = actor.name;
    if (record.revision > 1) return;
    record.created_at = record.updated_at;
    record.created_by = record.updated_by;
    if (record.id.empty()) record.id = catalog::make_id();
}

void stamp_removal(catalog::Record& record, const Actor& actor) {
    record.updated_at = now();
    record.updated_by = actor.name;
}

void require_revision(catalog::Kind kind, std::string_view name, const catalog::Record& record,
                      std::optional<std::int64_t> expected) {
    if (!expected || *expected == record.revision) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The {} '{}' is at revision {}, not {}; nothing was changed.", catalog::to_string(kind),
                            name, record.revision, *expected))
        .hinting("look at it again and repeat the change");
}

}  // namespace fairlead::service
