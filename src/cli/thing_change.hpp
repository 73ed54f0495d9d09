#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/resource.hpp"
#include "cli/edit.hpp"
#include "cli/verb.hpp"

/// create, update and edit of whatever is made of its fields (catalog::KindRow::laid).
namespace fairlead::cli {

/// What a kind has of its own: adds its flags to a verb, and gives what lays what they say over the fields.
using AddFieldFlags = std::function<std::function<void(boost::json::object& fields)>(CLI::App& verb)>;

/// `create NAME` and `update NAME`, with the flags, --from FILE and --set FIELD=VALUE.
void add_thing_create(CLI::App& parent, Context& context, catalog::Kind kind, const std::string& help,
                      const AddFieldFlags& flags);
void add_thing_update(CLI::App& parent, Context& context, catalog::Kind kind, const AddFieldFlags& flags);
/// `edit NAME`.
void add_thing_edit(CLI::App& parent, Context& context, catalog::Kind kind, const FieldHelp& help);

/// A field of a table as a flag: --settle-looks for "settleLooks". `type` is its word there: boolean, texts, number,
/// size, duration, filter (JSON), text. What is given is put into `fields`, which must outlive the verb.
void add_field_flag(CLI::App& verb, std::string_view name, std::string_view type, const std::string& help,
                    boost::json::object& fields);

/// Puts a value at "source.path"; what is on the way and no object becomes one.
void put_field(boost::json::object& fields, std::string_view path, boost::json::value value);
/// Lays `over` over `base`, members of objects one by one.
void merge_fields(boost::json::object& base, const boost::json::object& over);

/// "a=b" as its two halves. Throws Error{invalid_argument} naming the flag.
std::pair<std::string, std::string> split_assignment(const std::string& text, const std::string& flag);

}  // namespace fairlead::cli
