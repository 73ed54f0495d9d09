#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "cli/yaml_text.hpp"

namespace fairlead::cli {

/// Something that is changed in the user's editor.
struct Editing {
    std::string kind;                  ///< "connection"
    boost::json::object fields;        ///< as they are, without secrets
    std::vector<std::string> secrets;  ///< paths that may be given beside
    FieldHelp help;
    /// Stores what was written. What it refuses with Error{invalid_argument} is given back to the editor.
    std::function<void(boost::json::object)> save;
};

/// How it is written there.
enum class Notation { yaml, json };

/// Adds `edit NAME [--as yaml|json]`; `begin` looks the thing up.
void add_edit(CLI::App& parent, Context& context, const std::string& kind,
              std::function<Editing(Context&, const std::string& name)> begin);

/// Opens the editor, as often as what was written is refused for what stands in it. Where it is given back without a
/// change, or the fault is not in it, the file is kept, and the error says where.
void edit(Context& context, const Editing& editing, Notation notation);

}  // namespace fairlead::cli
