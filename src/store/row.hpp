#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fairlead/entry.hpp"
#include "store/resource_text.hpp"

/// Reading a row of either engine (postgres::Row, sqlite::Statement). Both have `text`, `number` and `is_null`, with
/// columns from 0, and NULL as "" and 0; what they have of their own is made one here, so that each kind of row is
/// read in one place.
namespace fairlead::store {

template <class Row>
bool truth_at(const Row& row, int column) {
    if constexpr (requires { row.truth(column); })
        return row.truth(column);
    else
        return row.number(column) != 0;  // SQLite has no truth values
}

/// Of a column of bytes, which need not be UTF-8.
template <class Row>
std::string bytes_at(const Row& row, int column) {
    if constexpr (requires { row.bytes(column); })
        return row.bytes(column);
    else
        return std::string(row.blob(column));
}

template <class Row>
std::uint64_t count_at(const Row& row, int column) {
    return static_cast<std::uint64_t>(row.number(column));
}

template <class Row>
Time time_at(const Row& row, int column) {
    return to_time(row.number(column));
}

/// Nothing for 0 too, which stands for NULL: nothing happened in 1970.
template <class Row>
std::optional<Time> time_if_any(const Row& row, int column) {
    const auto number = row.number(column);
    return number == 0 ? std::nullopt : std::optional(to_time(number));
}

}  // namespace fairlead::store
