#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "service/browse_order.hpp"
#include "service/name_match.hpp"
#include "transfer/filter.hpp"
#include "transfer/sessions.hpp"

/// Looking through the files of a place, page by page.
namespace fairlead::service {

/// What is wanted of a directory, or of the tree below it.
struct BrowseQuery {
    std::string path = "/";  ///< absolute in the file system
    unsigned depth = 1;      ///< so many levels; 1: the directory itself
    transfer::Filter filter;
    std::optional<NameMatch> match;  ///< of names, beside the filter
    std::vector<SortKey> sort;       ///< empty: the server's order, for which nothing is held
    std::uint64_t limit = 1000;      ///< entries of a page, 1 to kMostOfAPage
    std::string cursor;              ///< `next` of the page before; empty: the first page
};
constexpr std::uint64_t kMostOfAPage = 10'000;

/// A directory below that could not be listed, or had names left out.
struct BrowseProblem {
    std::string path;
    Error error;
};

struct BrowsePage {
    std::vector<Entry> entries;
    std::string next;  ///< cursor of the next page; empty: this was the last one
    std::vector<BrowseProblem> problems;
};

/// One page. Holds no more than a page, whatever the directory's size. Throws not_found, and
/// invalid_argument for a file, a limit or a cursor that cannot be.
awaitable<BrowsePage> browse(transfer::Sessions& sessions, BrowseQuery query);

/// All that is wanted (limit and cursor are not used), one by one in the server's order, or sorted if `sort`
/// says so: from one listing, and without holding it.
awaitable<void> browse_all(transfer::Sessions& sessions, BrowseQuery query,
                           std::function<awaitable<void>(const Entry&)> visit,
                           std::function<void(BrowseProblem)> problem);

}  // namespace fairlead::service
