#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::store {

/// One step of an engine's schema: src/store/ENGINE/migrations/NNNN_name.sql, embedded when building. Never
/// changed once released; what comes later is a new file. The same number means the same logical schema on
/// every engine.
struct Migration {
    int version;
    std::string name;
    std::string sql;
};

/// Throws Error{conflict} naming both versions when a database's schema is newer than this build's newest.
/// `database` is how people know it: a path, or a URL without password.
void refuse_newer(int version, int newest, std::string_view database);

/// Those of `all` (in order) that a database of this version still lacks.
std::vector<Migration> migrations_after(int version, const std::vector<Migration>& all);

}  // namespace fairlead::store
