#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

TEST_P(Conformance, stat_of_a_file_tells_name_path_type_and_size) {
    far().put("/a.txt", "hello");
    const auto entry = stat("/a.txt");
    EXPECT_EQ(entry.name, "a.txt");
    EXPECT_EQ(entry.path, "/a.txt");
    EXPECT_EQ(entry.type, EntryType::file);
    EXPECT_EQ(entry.size, 5u);
}

TEST_P(Conformance, stat_of_a_fresh_file_tells_a_time_close_to_now) {
    far().put("/a.txt", "hello");
    const auto entry = stat("/a.txt");
    ASSERT_TRUE(entry.modified.has_value());
    const auto age = std::chrono::system_clock::now() - *entry.modified;
    EXPECT_LT(age, std::chrono::minutes(2)) << to_rfc3339(*entry.modified);
    EXPECT_GT(age, -std::chrono::minutes(2)) << to_rfc3339(*entry.modified);
}

TEST_P(Conformance, stat_of_an_empty_file_tells_size_zero) {
    far().put("/empty", "");
    EXPECT_EQ(stat("/empty").size, 0u);
}

TEST_P(Conformance, stat_of_a_directory_tells_its_type) {
    far().make_directory("/d");
    const auto entry = stat("/d");
    EXPECT_EQ(entry.type, EntryType::directory);
    EXPECT_EQ(entry.name, "d");
}

TEST_P(Conformance, stat_of_the_root_is_a_directory) {
    EXPECT_EQ(stat("/").type, EntryType::directory);
}

TEST_P(Conformance, stat_of_a_file_in_a_directory_tells_its_whole_path) {
    far().make_directory("/d");
    far().make_directory("/d/e");
    far().put("/d/e/a.txt", "x");
    EXPECT_EQ(stat("/d/e/a.txt").path, "/d/e/a.txt");
}

TEST_P(Conformance, stat_of_nothing_is_not_found_and_names_the_path) {
    EXPECT_EQ(error_of([&] { stat("/missing"); }), "not_found");
    expect_error_path("/missing");
    EXPECT_TRUE(last_error().session_usable);
    EXPECT_FALSE(last_error().retryable());
}

TEST_P(Conformance, stat_below_a_missing_directory_is_not_found) {
    EXPECT_EQ(error_of([&] { stat("/missing/a.txt"); }), "not_found");
}

TEST_P(Conformance, try_stat_of_nothing_is_no_error) {
    EXPECT_FALSE(loop_.run(try_stat(files(), "/missing")).has_value());
    far().put("/there", "x");
    EXPECT_TRUE(loop_.run(try_stat(files(), "/there")).has_value());
}

TEST_P(Conformance, stat_of_a_link_tells_of_the_link_itself) {
    far().put("/a.txt", "hello");
    far().link("/link", "a.txt");
    const auto entry = stat("/link");
    EXPECT_EQ(entry.name, "link");
    EXPECT_EQ(entry.type == EntryType::symlink, !deviates(Deviation::links_look_like_targets));
}

TEST_P(Conformance, stat_finds_a_link_that_points_nowhere) {
    far().link("/dangling", "nowhere");
    const auto outcome = error_of([&] { EXPECT_EQ(stat("/dangling").name, "dangling"); });
    EXPECT_EQ(outcome, deviates(Deviation::dangling_links_not_found) ? "not_found" : "no error");
}

TEST_P(Conformance, stat_takes_a_path_with_doubled_and_trailing_slashes) {
    far().make_directory("/d");
    far().put("/d/a.txt", "hello");
    EXPECT_EQ(stat("//d///a.txt").size, 5u);
    EXPECT_EQ(stat("/d/").type, EntryType::directory);
}

}  // namespace
}  // namespace fairlead::test
