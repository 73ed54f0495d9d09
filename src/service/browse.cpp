#include "service/browse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "service/sorted_entries.hpp"
#include "transfer/walk.hpp"

namespace fairlead::service {
namespace {

using transfer::Found;
constexpr std::size_t kMostProblems = 100;

void check(const BrowseQuery& query) {
    if (query.limit >= 1 && query.limit <= kMostOfAPage) return;
    auto error =
        Error(ErrorCode::invalid_argument,
              fmt::format("limit is {}, but a page has 1 to {} entries.", query.limit, kMostOfAPage));
    error.faults.push_back({"limit", std::to_string(query.limit), fmt::format("1 to {}", kMostOfAPage)});
    throw error;
}

bool wants(const BrowseQuery& query, const Entry& entry) {
    return !query.match || query.match->matches(entry.name);
}

awaitable<void> walk(transfer::Sessions& sessions, const BrowseQuery& query,
                     std::function<awaitable<void>(Found)> visit, std::vector<BrowseProblem>& problems,
                     std::function<bool()> enough) {
    transfer::WalkOptions options;
    options.depth = query.depth;
    options.filter = &query.filter;
    options.enough = std::move(enough);
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string& path,
                                                                        const Error& error) {
        if (problems.size() < kMostProblems) problems.push_back({path, error});
    };
    co_await transfer::walk(sessions, query.path, std::move(options), std::move(visit), std::move(problem));
}

/// In the server's order. Ends as soon as one entry more than a page has been met. False: the place to go on
/// from was not found.
awaitable<bool> page_as_found(transfer::Sessions& sessions, const BrowseQuery& query,
                              const BrowseCursor& from, bool by_position, BrowsePage& page) {
    Resumption resumption(from, by_position);
    std::uint64_t met = 0;
    bool more = false;
    BrowseCursor next;
    std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
        auto& entry = found.entry;
        if (!wants(query, entry)) co_return;
        ++met;
        if (!resumption.passes(entry.path)) co_return;
        if (page.entries.size() == query.limit) {
            more = true;
            co_return;
        }
        next.position = met;
        next.last.path = entry.path;
        page.entries.push_back(std::move(entry));
    };
    co_await walk(sessions, query, std::move(visit), page.problems, [&] { return more; });
    if (more) page.next = to_text(next);
    co_return !resumption.lost();
}

awaitable<void> page_sorted(transfer::Sessions& sessions, const BrowseQuery& query,
                            const std::optional<BrowseCursor>& from, BrowsePage& page) {
    std::optional<Entry> after;
    if (from) after = from->last;
    TopEntries top(query.sort, std::move(after), query.limit + 1);
    std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
        if (wants(query, found.entry)) top.add(std::move(found.entry));
        co_return;
    };
    co_await walk(sessions, query, std::move(visit), page.problems, {});
    page.entries = top.finish();
    if (page.entries.size() <= query.limit) co_return;
    page.entries.pop_back();
    BrowseCursor next;
    next.sort = query.sort;
    next.last = page.entries.back();
    page.next = to_text(next);
}

}  // namespace

awaitable<BrowsePage> browse(transfer::Sessions& sessions, BrowseQuery query) {
    check(query);
    BrowsePage page;
    std::optional<BrowseCursor> from;
    if (!query.cursor.empty()) from = parse_cursor(query.cursor, query.sort);
    if (!query.sort.empty()) {
        co_await page_sorted(sessions, query, from, page);
        co_return page;
    }
    const auto begin = from.value_or(BrowseCursor{});
    const auto found = co_await page_as_found(sessions, query, begin, false, page);
    if (found) co_return page;
    page = BrowsePage{};
    (void)co_await page_as_found(sessions, query, begin, true, page);
    co_return page;
}

awaitable<void> browse_all(transfer::Sessions& sessions, BrowseQuery query,
                           std::function<awaitable<void>(const Entry&)> visit,
                           std::function<void(BrowseProblem)> problem) {
    std::vector<BrowseProblem> problems;
    SortedEntries sorted(query.sort);
    std::function<awaitable<void>(Found)> each = [&](Found found) -> awaitable<void> {
        if (!wants(query, found.entry)) co_return;
        if (query.sort.empty())
            co_await visit(found.entry);
        else
            co_await sorted.add(std::move(found.entry));
    };
    co_await walk(sessions, query, std::move(each), problems, {});
    co_await sorted.give(visit);
    for (auto& one : problems)
        problem(std::move(one));
}

}  // namespace fairlead::service
