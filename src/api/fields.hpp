#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/error.hpp"

namespace fairlead::api {

/// Reads the members of a request's document one by one; `done` then throws invalid_argument with everything
/// that was wrong, members that nobody asked for among it. null counts as not given.
class Fields {
  public:
    explicit Fields(boost::json::object document) : document_(std::move(document)) {}

    std::optional<std::string> text(std::string_view name);
    std::string required_text(std::string_view name);
    std::optional<bool> truth(std::string_view name);
    std::optional<std::int64_t> number(std::string_view name);
    /// An object inside; empty when it is not there.
    boost::json::object object(std::string_view name);
    /// A list inside; empty when it is not there.
    boost::json::array array(std::string_view name);
    /// Members that are known but not looked at, such as those that were given with the document.
    void ignore(std::initializer_list<std::string_view> names);
    void wrong(std::string_view name, std::string problem);
    void done() const;

  private:
    const boost::json::value* find(std::string_view name);

    boost::json::object document_;
    std::set<std::string, std::less<>> known_;
    std::vector<Fault> faults_;
};

}  // namespace fairlead::api
