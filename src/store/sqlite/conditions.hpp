#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/sqlite/database.hpp"

namespace fairlead::store::sqlite {

/// The conditions of a WHERE, with their values in the order of their question marks.
class Conditions {
  public:
    using Value = std::variant<std::string, std::int64_t>;
    void add(std::string condition, Value value);
    void add_all(std::string condition, std::vector<Value> values);
    /// Nothing for an empty list.
    void any_of(std::string_view column, const std::vector<std::string>& values);
    /// "WHERE ...", or nothing.
    std::string text() const;
    void bind_to(Statement& statement) const;

  private:
    std::vector<std::string> conditions_;
    std::vector<Value> values_;
};

}  // namespace fairlead::store::sqlite
