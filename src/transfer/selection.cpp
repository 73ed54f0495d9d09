#include "transfer/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::transfer {

Order parse_order(std::string_view word) {
    Order order;
    auto by = word;
    if (by.ends_with("-desc")) {
        order.descending = true;
        by.remove_suffix(5);
    }
    if (by == "name") {
        order.by = Order::By::name;
    } else if (by == "size") {
        order.by = Order::By::size;
    } else if (by == "time") {
        order.by = Order::By::time;
    } else {
        Error error(ErrorCode::invalid_argument, fmt::format("'{}' is not an order.", word));
        error.faults.push_back({"order", std::string(word), "choose name, size or time, or one with -desc"});
        throw error;
    }
    return order;
}

bool Selection::before(const Job& a, const Job& b) const {
    const auto compare = [&](const auto& x, const auto& y) {
        if (x.has_value() != y.has_value()) return x.has_value() ? -1 : 1;
        if (!x || *x == *y) return 0;
        return (*x < *y) != order_.descending ? -1 : 1;
    };
    int result = 0;
    if (order_.by == Order::By::size) result = compare(a.facts.size, b.facts.size);
    if (order_.by == Order::By::time) result = compare(a.facts.modified, b.facts.modified);
    if (result != 0) return result < 0;
    const bool by_name = order_.by == Order::By::name && order_.descending;
    return by_name ? a.source > b.source : a.source < b.source;
}

bool Selection::complete() const noexcept {
    return first_ && (order_.by == Order::By::found ? passed_ >= *first_ : *first_ == 0);
}

std::optional<Job> Selection::add(Job job) {
    if (complete()) return std::nullopt;
    if (order_.by == Order::By::found) {
        ++passed_;
        return job;
    }
    const auto later_on_top = [this](const Job& a, const Job& b) { return before(a, b); };
    if (!first_) {
        held_.push_back(std::move(job));
        return std::nullopt;
    }
    if (held_.size() == *first_) {
        if (!before(job, held_.front())) return std::nullopt;
        std::ranges::pop_heap(held_, later_on_top);
        held_.pop_back();
    }
    held_.push_back(std::move(job));
    std::ranges::push_heap(held_, later_on_top);
    return std::nullopt;
}

std::vector<Job> Selection::finish() {
    std::ranges::sort(held_, [this](const Job& a, const Job& b) { return before(a, b); });
    return std::move(held_);
}

}  // namespace fairlead::transfer
