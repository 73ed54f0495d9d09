#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.hpp"
#include "bundle/draft.hpp"

namespace fairlead::service {
class Workspace;
}

namespace fairlead::bundle {

/// What becomes of a thing whose name is taken.
enum class OnConflict { fail, overwrite, rename };
/// Throws Error{invalid_argument} naming the choices.
OnConflict parse_on_conflict(std::string_view word);

enum class Format { bundle, rclone, filezilla, openssh };
std::string_view to_string(Format format) noexcept;
Format parse_format(std::string_view word);
/// What a file is by its content. Throws Error{invalid_argument} when it is none of them.
Format recognise(std::string_view bytes);

struct ImportWish {
    std::string project = "default";
    OnConflict on_conflict = OnConflict::fail;
    bool dry_run = false;
    bool allow_missing = false;    ///< import what uses a thing that is nowhere
    std::optional<Format> format;  ///< else it is recognised
    std::optional<Secret> passphrase;
    Surroundings surroundings;
    /// Reads a file that a configuration names, such as a private key. Without it such fields are left to be
    /// entered. Throws Error when it cannot be read.
    std::function<Secret(const std::string& path)> read_file;
};

/// What became of one thing, or would.
struct Imported {
    catalog::Kind kind = catalog::Kind::connection;
    std::string project;
    std::string name;
    std::string origin;                 ///< what it was called there
    std::string action;                 ///< "create", "overwrite", "rename": create under another name, or "keep": it is there
    std::vector<std::string> to_enter;  ///< paths of secrets that must be entered again
    std::vector<std::string> missing;   ///< "variable 'x'": what it uses and is nowhere
    std::vector<std::string> notes;
};

struct Import {
    Format format = Format::bundle;
    bool dry_run = false;
    std::vector<Imported> items;
    std::vector<Skipped> skipped;
    std::vector<std::string> notes;
};

boost::json::object to_json(const Import& result);

/// Imports a file: everything is checked, then all of it is stored in one transaction, or none. Throws
/// Error{invalid_argument} for what is malformed or wrong, with every fault, for a wrong or missing
/// passphrase, and for something that is used and nowhere; Error{already_exists} with every name that is
/// taken. Blocks.
Import import_file(service::Workspace& workspace, std::string_view bytes, const ImportWish& wish);

}  // namespace fairlead::bundle
