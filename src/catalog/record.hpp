#pragma once

#include <cstdint>
#include <string>

#include "fairlead/entry.hpp"

namespace fairlead::catalog {

/// The reserved project whose contents every project sees.
inline constexpr std::string_view kGlobalProject = "global";

/// What every stored thing has beside its own fields.
struct Record {
    std::string id;  ///< UUIDv7 text; empty: not stored
    std::string project = "default";
    std::int64_t revision = 0;  ///< 1 at first, one more with every change
    Time created_at{};
    Time updated_at{};
    std::string created_by;
    std::string updated_by;

    /// Changes with every revision.
    std::string etag() const { return id + "-" + std::to_string(revision); }
};

/// A fresh UUIDv7: time-ordered, else random.
std::string make_id();

}  // namespace fairlead::catalog
