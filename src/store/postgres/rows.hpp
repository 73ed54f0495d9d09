#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result;

namespace fairlead::store::postgres {

/// One row of what a statement gave; valid as long as the Rows are. Columns count from 0.
class Row {
  public:
    Row(const pg_result* result, int number) : result_(result), number_(number) {}

    bool is_null(int column) const;
    std::string_view text(int column) const;  ///< "" for NULL
    std::int64_t number(int column) const;    ///< 0 for NULL
    bool truth(int column) const;             ///< false for NULL
    std::string bytes(int column) const;      ///< of a bytea; "" for NULL

  private:
    const pg_result* result_;
    int number_;
};

/// What a statement gave: `for (const auto row : rows)`.
class Rows {
  public:
    Rows() = default;
    explicit Rows(pg_result* result) : result_(result) {}

    int size() const;
    bool empty() const { return size() == 0; }
    Row operator[](int number) const { return {result_.get(), number}; }
    /// How many rows a statement changed.
    std::int64_t changed() const;

    class Iterator {
      public:
        Iterator(const Rows& rows, int at) : rows_(&rows), at_(at) {}
        Row operator*() const { return (*rows_)[at_]; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

      private:
        const Rows* rows_;
        int at_;
    };
    Iterator begin() const { return {*this, 0}; }
    Iterator end() const { return {*this, size()}; }

  private:
    struct Clear {
        void operator()(pg_result* result) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace fairlead::store::postgres
