#include "transfer/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/path.hpp"
#include "remote/memory_file_system.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

using std::chrono::hours;
using std::chrono::sys_days;
using testing::HasSubstr;
using testing::StartsWith;
using Mode = TransferPlan::Mode;

const Time kNoon = sys_days(std::chrono::year(2026) / 3 / 1) + hours(12);

Entry file_of(std::uint64_t size, Time modified, TimePrecision precision = TimePrecision::second) {
    Entry entry;
    entry.size = size;
    entry.modified = modified;
    entry.modified_precision = precision;
    return entry;
}

TransferPlan plan(IfExists policy, const std::optional<Entry>& existing, Entry source = file_of(5, kNoon),
                  Abilities abilities = MemoryFileSystem::all_abilities()) {
    Options options;
    options.if_exists = policy;
    return make_plan(source, "/out/a.txt", existing, abilities, options, "r4nd0m");
}

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code;
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::internal;
}

TEST(TransferPlan, bytes_go_to_a_hidden_name_beside_the_target) {
    const auto made = plan(IfExists::overwrite, std::nullopt);
    EXPECT_EQ(made.mode, Mode::whole);
    EXPECT_EQ(made.target, "/out/a.txt");
    EXPECT_EQ(made.temporary, "/out/.a.txt.r4nd0m.fairlead");
    EXPECT_TRUE(made.replace);
}

TEST(TransferPlan, fail_refuses_an_existing_target_and_never_replaces_one_that_appears_later) {
    EXPECT_EQ(code_of([] { plan(IfExists::fail, file_of(1, kNoon)); }), ErrorCode::already_exists);
    EXPECT_FALSE(plan(IfExists::fail, std::nullopt).replace);
}

TEST(TransferPlan, skip_leaves_an_existing_target) {
    EXPECT_EQ(plan(IfExists::skip, file_of(1, kNoon)).mode, Mode::skip);
    EXPECT_EQ(plan(IfExists::skip, std::nullopt).mode, Mode::whole);
}

TEST(TransferPlan, append_continues_at_the_end_under_the_final_name) {
    const auto made = plan(IfExists::append, file_of(7, kNoon));
    EXPECT_EQ(made.mode, Mode::append);
    EXPECT_EQ(made.existing_size, 7u);
    EXPECT_EQ(made.temporary, "");
    EXPECT_EQ(plan(IfExists::append, std::nullopt).mode, Mode::whole);
    Abilities none;
    EXPECT_EQ(code_of([&] { plan(IfExists::append, file_of(7, kNoon), file_of(5, kNoon), none); }),
              ErrorCode::unsupported);
}

TEST(TransferPlan, newer_compares_in_the_coarser_precision) {
    const auto existing = file_of(1, kNoon + std::chrono::seconds(30), TimePrecision::minute);
    EXPECT_EQ(plan(IfExists::newer, existing, file_of(5, kNoon + std::chrono::seconds(40))).mode, Mode::skip);
    EXPECT_EQ(plan(IfExists::newer, existing, file_of(5, kNoon + std::chrono::seconds(61))).mode,
              Mode::whole);
    EXPECT_EQ(plan(IfExists::newer, existing, file_of(5, kNoon)).mode, Mode::skip);
}

TEST(TransferPlan, newer_moves_a_file_whose_time_is_not_known) {
    Entry timeless;
    timeless.size = 5;
    EXPECT_EQ(plan(IfExists::newer, file_of(1, kNoon), timeless).mode, Mode::whole);
}

TEST(TransferPlan, a_directory_is_never_replaced_by_a_file) {
    Entry directory;
    directory.type = EntryType::directory;
    EXPECT_EQ(code_of([&] { plan(IfExists::overwrite, directory); }), ErrorCode::already_exists);
}

TEST(TransferPlan, a_server_that_cannot_rename_is_written_to_only_when_the_user_allows_it) {
    auto abilities = MemoryFileSystem::all_abilities();
    abilities.rename = false;
    EXPECT_EQ(code_of([&] { plan(IfExists::overwrite, std::nullopt, file_of(5, kNoon), abilities); }),
              ErrorCode::unsupported);
    Options in_place;
    in_place.in_place = true;
    EXPECT_EQ(make_plan(file_of(5, kNoon), "/a", std::nullopt, abilities, in_place, "x").temporary, "");
}

TEST(TransferNames, staging_directory_and_extension_are_obeyed) {
    Options options;
    options.staging_directory = "/staging";
    EXPECT_EQ(temporary_path("/out/a.txt", options, "x"), "/staging/.a.txt.x.fairlead");
    options.temporary_extension = "part";
    EXPECT_EQ(temporary_path("/out/a.txt", options, "x"), "/staging/a.txt.part");
    options.staging_directory.clear();
    EXPECT_EQ(temporary_path("/out/a.txt", options, "x"), "/out/a.txt.part");
    options.temporary_extension = "mark.fairlead";  // hidden, and nobody else's, as without
    EXPECT_EQ(temporary_path("/out/a.txt", options, "x"), "/out/.a.txt.x.mark.fairlead");
}

TEST(TransferNames, a_long_name_is_cut_to_what_a_disk_allows_and_not_inside_a_character) {
    std::string name;
    while (name.size() < 254)
        name += "é";
    const auto temporary = temporary_path("/" + name, Options{}, unguessable());
    EXPECT_LE(path::name(temporary).size(), 255u);
    EXPECT_THAT(temporary, StartsWith("/.éé"));
    EXPECT_THAT(temporary, HasSubstr("é."));
}

TEST(TransferNames, unguessable_names_differ) {
    EXPECT_NE(unguessable(), unguessable());
}

TEST(TransferNames, numbers_stand_before_the_extension) {
    EXPECT_EQ(numbered("/d.d/a.txt", 0), "/d.d/a.txt");
    EXPECT_EQ(numbered("/d.d/a.txt", 1), "/d.d/a1.txt");
    EXPECT_EQ(numbered("/d.d/a", 12), "/d.d/a12");
    EXPECT_EQ(numbered("/.rc", 2), "/.rc2");
    EXPECT_EQ(numbered("/a.tar.gz", 1), "/a.tar1.gz");
}

TEST(TransferNames, names_that_lead_elsewhere_are_refused) {
    for (const auto* name : {"../x", "..", ".", "", "/etc/passwd", "a/b"})
        EXPECT_EQ(code_of([&] { check_name(name, "/in"); }), ErrorCode::outside_working_directory) << name;
    EXPECT_EQ(code_of([&] { check_name(std::string_view("a\0b", 3), "/in"); }),
              ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of([&] { check_name("a\r\nDELE b", "/in"); }), ErrorCode::invalid_argument);
    EXPECT_NO_THROW(check_name("C:\\x", "/in"));  // a backslash is a letter like any other here
    EXPECT_NO_THROW(check_name("..a", "/in"));
}

}  // namespace
}  // namespace fairlead::transfer
