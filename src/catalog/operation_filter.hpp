#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

/// Which entries an operation takes: a tree of conditions, as it is stored, and made ready for one execution.
namespace fairlead::catalog {

/// Values that are given when an operation runs, by name.
using Parameters = std::map<std::string, std::string, std::less<>>;

/// A node of a filter tree, as it is defined:
///
///     {"and": [ ... ]}   {"or": [ ... ]}   {"not": { ... }}
///     {"field": "fileName", "operator": "wildcard", "value": "a*.csv"}
///     {"field": "timestamp", "operator": ">", "parameter": "since"}
///
/// Exactly one of `value` and `parameter`: the second names a value given at run time; with `value` beside it,
/// that is what it has when none is given.
struct FilterNode {
    enum class Kind { all, any, none, condition };
    enum class Field { file_name, timestamp, size, file_type };
    enum class Operator {
        equal,
        not_equal,
        less,
        less_or_equal,
        greater,
        greater_or_equal,
        wildcard,
        regular_expression,
    };

    Kind kind = Kind::all;
    std::vector<FilterNode> nodes;  ///< of `and` and `or` any number, of `not` one

    Field field = Field::file_name;
    Operator op = Operator::equal;
    std::string value;
    bool has_value = false;
    std::string parameter;
};

/// Reads a tree; what is wrong with it is added to `faults`, named by its path below `path`, such as
/// "filter.and[1].operator". Operators are words (equal, notEqual, lessThan, lessOrEqual, greaterThan,
/// greaterOrEqual, wildcard, regex) or signs (=, !=, ≠, <, <=, ≤, >, >=, ≥).
FilterNode filter_from_json(const boost::json::value& json, const std::string& path,
                            std::vector<Fault>& faults);
boost::json::value to_json(const FilterNode& node);

/// The names of the run-time values that a tree needs.
std::vector<std::string> parameters_of(const FilterNode& node);

/// A tree with its values: ready to look at entries.
class EntryFilter {
  public:
    /// Takes everything.
    EntryFilter() = default;
    /// `zone` is the one in which timestamps are shown and compared. Throws Error{invalid_argument} with every
    /// fault: a value that is missing or malformed, a field with an operator that it does not have.
    EntryFilter(const FilterNode& node, const Parameters& parameters, const std::string& zone);

    /// Whether the conditions hold. Names are compared byte by byte, regular expressions match all of the
    /// name. A condition on a fact that the server does not tell neither holds nor fails, nor does a group
    /// that it would decide: such an entry is not taken. An empty `and` holds, an empty `or` does not.
    bool matches(const Entry& entry) const;

  private:
    struct Node;
    std::shared_ptr<const Node> root_;
};

/// The word of an entry's kind: regular_file, directory, symbolic_link or unknown.
std::string_view file_type_word(EntryType type) noexcept;

}  // namespace fairlead::catalog
