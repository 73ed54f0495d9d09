#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using testing::ElementsAre;

TEST_P(Conformance, rename_gives_a_file_a_new_name) {
    far().put("/a", "hello");
    rename("/a", "/b");
    EXPECT_EQ(far().get("/b"), "hello");
    EXPECT_THAT(names("/"), ElementsAre("b"));
}

TEST_P(Conformance, rename_moves_across_directories) {
    far().make_directory("/d");
    far().make_directory("/e");
    far().put("/d/a", "hello");
    rename("/d/a", "/e/b");
    EXPECT_EQ(far().get("/e/b"), "hello");
    EXPECT_EQ(far().get("/d/a"), std::nullopt);
}

TEST_P(Conformance, rename_moves_a_directory_with_what_is_in_it) {
    far().make_directory("/d");
    far().put("/d/a", "hello");
    rename("/d", "/e");
    EXPECT_EQ(far().get("/e/a"), "hello");
}

TEST_P(Conformance, rename_with_replace_replaces_an_existing_file) {
    far().put("/a", "new");
    far().put("/b", "old");
    const auto outcome = error_of([&] { rename("/a", "/b", true); });
    if (can().atomic_replace) {
        EXPECT_EQ(outcome, "no error");
        EXPECT_EQ(far().get("/b"), "new");
        EXPECT_EQ(far().get("/a"), std::nullopt);
    } else {
        EXPECT_EQ(outcome, "already_exists");
        EXPECT_EQ(far().get("/b"), "old");
    }
}

TEST_P(Conformance, rename_with_replace_needs_no_existing_file) {
    far().put("/a", "new");
    rename("/a", "/b", true);
    EXPECT_EQ(far().get("/b"), "new");
}

TEST_P(Conformance, rename_without_replace_keeps_an_existing_file) {
    far().put("/a", "new");
    far().put("/b", "old");
    EXPECT_EQ(error_of([&] { rename("/a", "/b"); }), "already_exists");
    EXPECT_EQ(far().get("/b"), "old");
    EXPECT_EQ(far().get("/a"), "new");
}

TEST_P(Conformance, rename_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { rename("/missing", "/b"); }), "not_found");
    EXPECT_TRUE(last_error().session_usable);
}

TEST_P(Conformance, rename_into_a_missing_directory_is_not_found_and_keeps_the_file) {
    far().put("/a", "hello");
    EXPECT_EQ(error_of([&] { rename("/a", "/missing/a"); }), "not_found");
    EXPECT_EQ(far().get("/a"), "hello");
}

TEST_P(Conformance, rename_of_several_files_one_after_the_other) {
    for (int i = 0; i < 20; ++i)
        far().put("/a" + std::to_string(i), std::to_string(i));
    for (int i = 0; i < 20; ++i)
        rename("/a" + std::to_string(i), "/b" + std::to_string(i));
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(far().get("/b" + std::to_string(i)), std::to_string(i));
}

TEST_P(Conformance, remove_takes_a_file_away) {
    far().put("/a", "hello");
    remove("/a");
    EXPECT_EQ(far().get("/a"), std::nullopt);
}

TEST_P(Conformance, remove_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { remove("/missing"); }), "not_found");
    expect_error_path("/missing");
}

TEST_P(Conformance, remove_of_a_directory_is_invalid_argument_and_keeps_it) {
    far().make_directory("/d");
    EXPECT_EQ(error_of([&] { remove("/d"); }), "invalid_argument");
    EXPECT_EQ(stat("/d").type, EntryType::directory);
}

TEST_P(Conformance, remove_of_a_link_keeps_what_it_points_to) {
    far().put("/a", "hello");
    far().link("/link", "a");
    remove("/link");
    EXPECT_EQ(far().get("/a"), "hello");
    EXPECT_THAT(names("/"), ElementsAre("a"));
}

}  // namespace
}  // namespace fairlead::test
