#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <set>

#include "remote/memory_file_system.hpp"
#include "service/browse.hpp"
#include "support/run.hpp"

namespace fairlead::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BrowseTest : public ::testing::Test {
  protected:
    BrowsePage page(BrowseQuery query) {
        return loop_.run([](std::shared_ptr<MemoryStore> store, BrowseQuery wanted) -> awaitable<BrowsePage> {
            auto open = [store]() -> awaitable<std::shared_ptr<FileSystem>> {
                co_return std::make_shared<MemoryFileSystem>(store);
            };
            transfer::Sessions sessions(co_await boost::asio::this_coro::executor, open, 2);
            auto found = co_await browse(sessions, std::move(wanted));
            co_return found;
        }(store_, std::move(query)));
    }
    /// The paths of all pages, one after the other; `between` happens after each.
    std::vector<std::string> all(BrowseQuery query, const std::function<void()>& between = {}) {
        std::vector<std::string> paths;
        for (;;) {
            auto found = page(query);
            EXPECT_LE(found.entries.size(), query.limit);
            for (const auto& entry : found.entries)
                paths.push_back(entry.path);
            if (found.next.empty()) return paths;
            query.cursor = found.next;
            if (between) between();
        }
    }

    test::Loop loop_;
    std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

TEST_F(BrowseTest, gives_a_directory_in_pages_none_left_out_and_none_twice) {
    for (int i = 0; i < 25; ++i)
        store_->put("/in/" + std::to_string(i), "x");
    BrowseQuery query;
    query.path = "/in";
    query.limit = 10;
    const auto found = all(query);
    EXPECT_EQ(found.size(), 25u);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 25u);
    query.limit = 25;
    EXPECT_TRUE(page(query).next.empty());
}

TEST_F(BrowseTest, sorts_over_pages_with_what_is_unknown_last) {
    store_->put("/a", "333");
    store_->put("/b", "1");
    store_->put("/c", "22");
    store_->put("/e", "22");
    store_->make_directories("/d");
    BrowseQuery query;
    query.limit = 2;
    query.sort = parse_sort("-size,name");
    query.filter.types = {EntryType::file};
    EXPECT_THAT(all(query), ElementsAre("/a", "/c", "/e", "/b"));
    query.sort = parse_sort("type,-name");
    query.filter.types.clear();
    EXPECT_THAT(all(query), ElementsAre("/d", "/e", "/c", "/b", "/a"));
}

TEST_F(BrowseTest, finds_its_place_again_when_the_directory_changes_between_two_pages) {
    for (char c = 'a'; c < 'h'; ++c)
        store_->put(std::string("/") + c, "x");
    BrowseQuery query;
    query.limit = 3;
    bool first = true;
    // One that was shown goes, a new one comes before: those that stay are shown all the same.
    const auto found = all(query, [&] {
        if (!std::exchange(first, false)) return;
        store_->put("/0", "x");
    });
    EXPECT_THAT(found, ElementsAre("/a", "/b", "/c", "/d", "/e", "/f", "/g"));
}

TEST_F(BrowseTest, goes_on_at_the_position_when_the_last_entry_shown_is_gone) {
    for (char c = 'a'; c < 'h'; ++c)
        store_->put(std::string("/") + c, "x");
    BrowseQuery query;
    query.limit = 3;
    auto first = page(query);
    auto without = std::make_shared<MemoryStore>();
    for (char c = 'a'; c < 'h'; ++c)
        if (c != 'c') without->put(std::string("/") + c, "x");
    store_ = without;
    query.cursor = first.next;
    std::vector<std::string> rest;
    for (const auto& entry : page(query).entries)
        rest.push_back(entry.path);
    EXPECT_THAT(rest, ElementsAre("/d", "/e", "/f"));
}

TEST_F(BrowseTest, looks_below_as_deep_as_asked_and_matches_names) {
    store_->put("/x/report.csv", "1");
    store_->put("/x/y/Report.txt", "1");
    store_->put("/x/y/z/report.csv", "1");
    BrowseQuery query;
    query.depth = 3;
    query.match.emplace(MatchKind::starts_with, "report", true);
    query.sort = parse_sort("path");
    EXPECT_THAT(all(query), ElementsAre("/x/report.csv", "/x/y/Report.txt"));
}

TEST_F(BrowseTest, refuses_what_cannot_be) {
    BrowseQuery query;
    query.limit = 0;
    EXPECT_THROW(page(query), Error);
    query.limit = 10;
    query.cursor = "nonsense";
    EXPECT_THROW(page(query), Error);
    BrowseCursor cursor;
    cursor.sort = parse_sort("name");
    query.cursor = to_text(cursor);
    query.sort = parse_sort("size");
    EXPECT_THROW(page(query), Error);
    EXPECT_THROW(parse_sort("colour"), Error);
}

TEST(BrowseCursor, keeps_what_it_was_sorted_by_and_any_name) {
    BrowseCursor cursor;
    cursor.sort = parse_sort("-modified,size");
    cursor.position = 12;
    cursor.last.path = "/\xff/\xc3\xa4";
    cursor.last.name = "\xc3\xa4";
    cursor.last.modified = Time(std::chrono::milliseconds(-5));
    cursor.last.type = EntryType::symlink;
    const auto back = parse_cursor(to_text(cursor), cursor.sort);
    EXPECT_EQ(back.position, 12u);
    EXPECT_EQ(back.last.path, cursor.last.path);
    EXPECT_EQ(back.last.modified, cursor.last.modified);
    EXPECT_FALSE(back.last.size);
    EXPECT_EQ(back.last.type, EntryType::symlink);
}

}  // namespace
}  // namespace fairlead::service
