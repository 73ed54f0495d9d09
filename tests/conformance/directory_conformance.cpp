#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(Conformance, make_directory_makes_one) {
    make_directory("/d");
    EXPECT_EQ(stat("/d").type, EntryType::directory);
    write("/d/a", "hello");
    EXPECT_EQ(far().get("/d/a"), "hello");
}

TEST_P(Conformance, make_directory_that_is_there_is_already_exists) {
    far().make_directory("/d");
    EXPECT_EQ(error_of([&] { make_directory("/d"); }), "already_exists");
}

TEST_P(Conformance, make_directory_where_a_file_is_is_already_exists) {
    far().put("/a", "hello");
    EXPECT_EQ(error_of([&] { make_directory("/a"); }), "already_exists");
    EXPECT_EQ(far().get("/a"), "hello");
}

TEST_P(Conformance, make_directory_below_a_missing_one_is_not_found) {
    EXPECT_EQ(error_of([&] { make_directory("/missing/d"); }), "not_found");
    EXPECT_THAT(names("/"), IsEmpty());
}

TEST_P(Conformance, make_directory_deep_down_step_by_step) {
    std::string path;
    for (int i = 0; i < 8; ++i)
        make_directory(path += "/level");
    EXPECT_EQ(stat(path).path, path);
}

TEST_P(Conformance, remove_directory_takes_an_empty_one_away) {
    far().make_directory("/d");
    remove_directory("/d");
    EXPECT_THAT(names("/"), IsEmpty());
}

TEST_P(Conformance, remove_directory_with_something_in_it_is_not_empty) {
    far().make_directory("/d");
    far().put("/d/a", "hello");
    EXPECT_EQ(error_of([&] { remove_directory("/d"); }), "not_empty");
    EXPECT_EQ(far().get("/d/a"), "hello");
}

TEST_P(Conformance, remove_directory_of_nothing_is_not_found) {
    EXPECT_EQ(error_of([&] { remove_directory("/missing"); }), "not_found");
}

TEST_P(Conformance, remove_directory_of_a_file_is_an_error_and_keeps_it) {
    far().put("/a", "hello");
    EXPECT_THAT(error_of([&] { remove_directory("/a"); }),
                testing::AnyOf("invalid_argument", "not_found", "permission_denied"));
    EXPECT_EQ(far().get("/a"), "hello");
}

TEST_P(Conformance, a_path_cannot_leave_the_working_directory) {
    far().make_directory("/jail");
    far().put("/jail/inside", "in");
    far().put("/outside", "out");
    auto jailed = loop_.run(far().open_below("/jail"));
    const auto outcome = [&](auto&& action) { return error_of([&] { loop_.run(action()); }); };
    EXPECT_EQ(loop_.run(jailed->stat("/inside")).path, "/inside");
    EXPECT_EQ(loop_.run(jailed->stat("/x/../inside")).path, "/inside");
    EXPECT_EQ(outcome([&] { return jailed->stat("/../outside"); }), "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->stat("../outside"); }), "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->remove("/a/../../outside"); }), "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->rename("/inside", "/../stolen", false); }),
              "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->rename("/../outside", "/stolen", false); }),
              "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->make_directory("/../made"); }), "outside_working_directory");
    EXPECT_EQ(outcome([&] { return jailed->remove_directory("/.."); }), "outside_working_directory");
    EXPECT_EQ(error_of([&] { loop_.run(jailed->list("/..")); }), "outside_working_directory");
    EXPECT_EQ(error_of([&] { loop_.run(jailed->open_read("/../outside")); }), "outside_working_directory");
    EXPECT_EQ(error_of([&] { loop_.run(jailed->open_write("/../outside")); }), "outside_working_directory");
    loop_.run(jailed->close());
    EXPECT_EQ(far().get("/outside"), "out");
    EXPECT_THAT(names("/"), ElementsAre("jail", "outside"));
}

}  // namespace
}  // namespace fairlead::test
