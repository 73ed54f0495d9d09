#include "store/migration.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

#include "fairlead/error.hpp"

namespace fairlead::store {

void refuse_newer(int version, int newest, std::string_view database) {
    if (version <= newest) return;
    throw Error(ErrorCode::conflict,
                fmt::format("The database {} has schema version {}, and this program knows only up to {}. "
                            "Nothing was changed.",
                            database, version, newest))
        .hinting("use the newer program that made it, or another data directory");
}

std::vector<Migration> migrations_after(int version, const std::vector<Migration>& all) {
    std::vector<Migration> missing;
    std::ranges::copy_if(all, std::back_inserter(missing),
                         [&](const Migration& migration) { return migration.version > version; });
    return missing;
}

}  // namespace fairlead::store
