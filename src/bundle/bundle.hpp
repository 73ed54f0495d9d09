#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/archive.hpp"
#include "catalog/resource.hpp"
#include "fairlead/secret.hpp"

namespace fairlead::bundle {

/// What a bundle was made of, which says where its items go: those of `connections` and `project` into the
/// project that is imported to, those of `everything` back into their own.
enum class Scope { connections, project, everything };
std::string_view to_string(Scope scope) noexcept;

/// One thing in a bundle.
struct Item {
    catalog::Kind kind = catalog::Kind::connection;
    std::string project;
    std::string name;
    bool enabled = true;
    std::vector<std::string> tags;
    /// Its fields, as the store keeps them. Secrets are in `secrets`.
    boost::json::object definition;
    std::map<std::string, Secret> secrets;         ///< by field path; only where the bundle is encrypted
    std::vector<std::string> blank;                ///< paths of secrets that were set and are not in it
    std::vector<catalog::Reference> references;    ///< what it uses
};

struct Bundle {
    Scope scope = Scope::connections;
    bool with_secrets = false;
    std::vector<Item> items;
};

inline constexpr std::int64_t kBundleVersion = 1;

/// The files of a package: "fairlead.json" says what is in it and what that needs; each item is a file of
/// JSON below "projects/PROJECT/KINDs/"; certificates and keys are files of their own, kept once. The same
/// items give the same files, in whatever order they are.
Files to_files(Bundle bundle);

/// Reads a package. Throws Error{invalid_argument} for another format, a newer version (naming both), an
/// unknown kind, a file that is missing or malformed, and two items of one kind, project and name.
Bundle read_bundle(const Archive& archive);

}  // namespace fairlead::bundle
