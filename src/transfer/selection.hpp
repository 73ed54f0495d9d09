#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// In which order the files of a tree are moved.
struct Order {
    enum class By { found, name, size, time } by = By::found;
    bool descending = false;
};
/// "name", "size", "time", each with "-desc" for the other way round. Throws Error{invalid_argument}.
Order parse_order(std::string_view word);

/// Brings files into an order, and chooses the first of them. In the order in which they are found, each
/// passes through at once; else all are held until the last one is known (some 500 bytes each), or as many as
/// are wanted. What has no size or time comes last.
class Selection {
  public:
    Selection(Order order, std::optional<std::uint64_t> first) : order_(order), first_(first) {}

    /// Takes a file; gives back one that can be moved now, if any.
    std::optional<Job> add(Job job);
    /// Those that were held, in order.
    std::vector<Job> finish();
    /// Whether nothing that is added any more would be chosen.
    bool complete() const noexcept;

  private:
    bool before(const Job& a, const Job& b) const;

    Order order_;
    std::optional<std::uint64_t> first_;
    std::uint64_t passed_ = 0;
    std::vector<Job> held_;  // with `first_` a heap, the last in order on top
};

}  // namespace fairlead::transfer
