#include "store/sqlite/conditions.hpp"

#include <fmt/format.h>

#include <iterator>

namespace fairlead::store::sqlite {

void Conditions::add(std::string condition, Value value) {
    conditions_.push_back(std::move(condition));
    values_.push_back(std::move(value));
}

void Conditions::add_all(std::string condition, std::vector<Value> values) {
    conditions_.push_back(std::move(condition));
    values_.insert(values_.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
}

void Conditions::any_of(std::string_view column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string marks;
    for (const auto& value : values) {
        marks += marks.empty() ? "?" : ", ?";
        values_.emplace_back(value);
    }
    conditions_.push_back(fmt::format("{} IN ({})", column, marks));
}

std::string Conditions::text() const {
    std::string text;
    for (const auto& condition : conditions_)
        text += (text.empty() ? "WHERE " : " AND ") + condition;
    return text;
}

void Conditions::bind_to(Statement& statement) const {
    for (const auto& value : values_) {
        if (const auto* text = std::get_if<std::string>(&value))
            statement.bind(std::string_view(*text));
        else
            statement.bind(std::get<std::int64_t>(value));
    }
}

}  // namespace fairlead::store::sqlite
