#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catalog/run.hpp"
#include "store/sqlite/database.hpp"

/// Between the rows of the run tables and values.
namespace fairlead::store::sqlite {

inline std::int64_t to_number(Time time) {
    return time.time_since_epoch().count();
}

extern const std::string_view kRunColumns;   ///< SELECT ... FROM run
extern const std::string_view kFileColumns;  ///< SELECT ... of run_file, which is named f
catalog::Run run_of(const Statement& row);
catalog::RunFile file_of(const Statement& row);
/// Of SELECT number, run, project, at, type, data.
catalog::RunEvent event_of(const Statement& row);
/// The error document, or an empty text.
std::string text_of(const std::optional<Error>& error);

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
