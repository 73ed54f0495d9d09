#include <fmt/format.h>

#include <set>

#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(Conformance, list_of_an_empty_directory_is_empty) {
    far().make_directory("/d");
    EXPECT_THAT(names("/d"), IsEmpty());
}

TEST_P(Conformance, list_of_the_root_shows_files_and_directories_without_dots) {
    far().make_directory("/d");
    far().put("/a", "1");
    far().put("/b", "22");
    EXPECT_THAT(names("/"), ElementsAre("a", "b", "d"));
}

TEST_P(Conformance, list_tells_type_size_and_path_of_each) {
    far().make_directory("/top");
    far().make_directory("/top/d");
    far().put("/top/a", "12345");
    auto entries = list("/top");
    ASSERT_EQ(entries.size(), 2u);
    if (entries[0].name == "d") std::swap(entries[0], entries[1]);
    EXPECT_EQ(entries[0].type, EntryType::file);
    EXPECT_EQ(entries[0].size, 5u);
    EXPECT_EQ(entries[0].path, "/top/a");
    EXPECT_EQ(entries[1].type, EntryType::directory);
    EXPECT_EQ(entries[1].path, "/top/d");
}

TEST_P(Conformance, list_and_stat_agree_about_a_file) {
    far().put("/a", noise(12345));
    const auto listed = list("/").at(0);
    const auto told = stat("/a");
    EXPECT_EQ(listed.size, told.size);
    EXPECT_EQ(listed.type, told.type);
    ASSERT_TRUE(listed.modified && told.modified);
    if (listed.modified_precision == told.modified_precision) {
        EXPECT_EQ(to_rfc3339(*listed.modified), to_rfc3339(*told.modified));
    }
}

TEST_P(Conformance, list_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { list("/missing"); }), "not_found");
    EXPECT_TRUE(last_error().session_usable);
}

TEST_P(Conformance, list_of_a_file_is_invalid_argument) {
    far().put("/a", "1");
    EXPECT_EQ(error_of([&] { list("/a"); }), "invalid_argument");
}

TEST_P(Conformance, list_of_ten_thousand_entries_comes_in_batches_and_is_whole) {
    far().make_directory("/many");
    for (int i = 0; i < 10'000; ++i)
        far().put(fmt::format("/many/file-{:05}", i), "");
    std::size_t largest = 0;
    std::size_t batches = 0;
    std::set<std::string> seen;
    loop_.run([&](FileSystem& from) -> awaitable<void> {
        auto listing = co_await from.list("/many");
        while (true) {
            const auto batch = co_await listing->next();
            if (batch.empty()) break;
            ++batches;
            largest = std::max(largest, batch.size());
            for (const auto& entry : batch)
                seen.insert(entry.name);
        }
    }(files()));
    EXPECT_EQ(seen.size(), 10'000u);
    EXPECT_LT(largest, 5'000u) << "a listing must not be held in memory as a whole";
    EXPECT_GT(batches, 2u);
}

TEST_P(Conformance, list_may_be_left_before_its_end_and_the_session_goes_on) {
    far().make_directory("/many");
    for (int i = 0; i < 3'000; ++i)
        far().put(fmt::format("/many/file-with-a-rather-long-name-{:05}", i), "");
    loop_.run([](FileSystem& from) -> awaitable<void> {
        auto listing = co_await from.list("/many");
        const auto first = co_await listing->next();
        EXPECT_FALSE(first.empty());
    }(files()));
    const auto outcome = error_of([&] { EXPECT_EQ(names("/many").size(), 3'000u); });
    if (outcome == "connection_lost" && deviates(Deviation::dropping_early_may_end_session)) {
        EXPECT_FALSE(last_error().session_usable);
        session_is_over();
    } else if (deviates(Deviation::dropped_listing_ends_session)) {
        EXPECT_EQ(outcome, "connection_lost");
        EXPECT_FALSE(last_error().session_usable);
        session_is_over();
    } else {
        EXPECT_EQ(outcome, "no error");
    }
}

TEST_P(Conformance, list_asked_again_after_its_end_stays_at_the_end) {
    far().put("/a", "1");
    loop_.run([](FileSystem& from) -> awaitable<void> {
        auto listing = co_await from.list("/");
        while (!(co_await listing->next()).empty()) {
        }
        EXPECT_TRUE((co_await listing->next()).empty());
    }(files()));
}

TEST_P(Conformance, list_shows_names_that_begin_with_a_dot) {
    far().put("/.hidden", "1");
    far().put("/seen", "1");
    EXPECT_THAT(names("/"), ElementsAre(".hidden", "seen"));
}

TEST_P(Conformance, list_shows_links) {
    far().put("/a", "12345");
    far().link("/link", "a");
    EXPECT_THAT(names("/"), ElementsAre("a", "link"));
    for (const auto& entry : list("/")) {
        if (entry.name == "link" && can().symlinks) {
            EXPECT_EQ(entry.type, EntryType::symlink);
        }
    }
}

TEST_P(Conformance, list_of_two_directories_one_after_the_other) {
    far().make_directory("/d");
    far().make_directory("/e");
    far().put("/d/1", "");
    far().put("/e/2", "");
    EXPECT_THAT(names("/d"), ElementsAre("1"));
    EXPECT_THAT(names("/e"), ElementsAre("2"));
    EXPECT_THAT(names("/d"), ElementsAre("1"));
}

TEST_P(Conformance, list_of_a_directory_with_spaces_and_brackets_in_its_name) {
    far().make_directory("/a [b] *c");
    far().put("/a [b] *c/in", "x");
    EXPECT_THAT(names("/a [b] *c"), ElementsAre("in"));
}

TEST_P(Conformance, list_of_a_directory_whose_name_begins_with_a_dash) {
    far().make_directory("/-la");
    far().put("/-la/in", "x");
    EXPECT_THAT(names("/-la"), ElementsAre("in"));
}

}  // namespace
}  // namespace fairlead::test
