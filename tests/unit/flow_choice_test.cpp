// What a found file means, by what the ledger knows of it.

#include <gtest/gtest.h>

#include "base/quantity.hpp"
#include "flow/choice.hpp"

namespace fairlead::flow {
namespace {

using catalog::FileVersion;
using catalog::VersionState;
using What = Choice::What;

Time at(const char* text) {
    return parse_rfc3339(text);
}
const Time kNow = at("2026-03-01T12:00:00Z");

Entry entry(std::uint64_t size, const char* modified, TimePrecision precision = TimePrecision::second) {
    Entry entry;
    entry.path = "/in/a";
    entry.size = size;
    entry.modified = at(modified);
    entry.modified_precision = precision;
    return entry;
}

FileVersion version(VersionState state, std::string reason = {}) {
    FileVersion version;
    version.number = 7;
    version.path = "/in/a";
    version.size = 5;
    version.modified = at("2026-03-01T10:00:30Z");
    version.state = state;
    version.reason = std::move(reason);
    version.seen_at = kNow - std::chrono::seconds(30);
    return version;
}

const Entry kSame = entry(5, "2026-03-01T10:00:30Z");

What chosen(const std::vector<FileVersion>& versions, const Entry& found, const catalog::Flow& flow = {}) {
    return choose(versions, found, flow, kNow).what;
}

TEST(FlowChoice, a_version_is_delivered_once) {
    EXPECT_EQ(chosen({}, kSame), What::look);
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, kSame), What::nothing);
    EXPECT_EQ(chosen({version(VersionState::open)}, kSame), What::deliver);
    EXPECT_EQ(chosen({version(VersionState::delivered)}, kSame), What::clean);
    EXPECT_EQ(chosen({version(VersionState::given_up)}, kSame), What::nothing);
}

TEST(FlowChoice, another_size_or_time_is_another_version) {
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(6, "2026-03-01T10:00:30Z")), What::look);
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(5, "2026-03-01T10:00:31Z")), What::look);
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(5, "2020-01-01T00:00:00Z")), What::look);
}

TEST(FlowChoice, a_time_that_is_shown_with_less_precision_is_the_same) {
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(5, "2026-03-01T10:00:00Z", TimePrecision::minute)), What::nothing);
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(5, "2026-03-01T00:00:00Z", TimePrecision::day)), What::nothing);
    EXPECT_EQ(chosen({version(VersionState::done, "kept")}, entry(5, "2026-03-01T10:01:00Z", TimePrecision::minute)), What::look);
}

TEST(FlowChoice, what_was_removed_and_is_there_came_again) {
    EXPECT_EQ(chosen({version(VersionState::done, "deleted")}, kSame), What::look);
    EXPECT_EQ(chosen({version(VersionState::quarantined)}, kSame), What::look);
}

TEST(FlowChoice, what_the_flow_moved_there_is_no_new_file) {
    auto moved = version(VersionState::done, "renamed");
    moved.path = "/in/b";
    moved.settled_to = "/in/a";
    EXPECT_EQ(chosen({moved}, kSame), What::nothing);
    EXPECT_EQ(chosen({moved}, entry(9, "2026-03-01T10:00:30Z")), What::look);
}

TEST(FlowChoice, a_file_is_waited_for_until_it_has_settled) {  // field.md 130
    catalog::Flow flow;
    flow.source.settle = std::chrono::seconds(60);
    EXPECT_EQ(choose({}, kSame, flow, kNow).version.state, VersionState::waiting);
    EXPECT_EQ(chosen({version(VersionState::waiting)}, kSame, flow), What::wait);
    flow.source.settle = std::chrono::seconds(30);
    EXPECT_EQ(chosen({version(VersionState::waiting)}, kSame, flow), What::deliver);
    const auto grown = choose({version(VersionState::waiting)}, entry(6, "2026-03-01T10:00:31Z"), flow, kNow);
    EXPECT_EQ(grown.what, What::look);
    EXPECT_EQ(grown.version.number, 7) << "the same record waits on";
    EXPECT_EQ(grown.version.seen_at, kNow);
}

TEST(FlowChoice, content_tells_where_it_is_asked_for) {
    catalog::Flow flow;
    flow.source.content_hash = true;
    auto kept = version(VersionState::done, "kept");
    kept.hash = "abc";
    EXPECT_EQ(chosen({kept}, kSame, flow), What::compare);
    EXPECT_EQ(chosen({kept}, entry(5, "2026-03-02T10:00:30Z"), flow), What::compare);
}

TEST(FlowChoice, places_that_cannot_be_reached_are_not_held_against_a_file) {
    EXPECT_FALSE(blames_file(Error(ErrorCode::connection_refused, "")));
    EXPECT_FALSE(blames_file(Error(ErrorCode::connection_lost, "")));
    EXPECT_FALSE(blames_file(Error(ErrorCode::no_space, "")));
    EXPECT_FALSE(blames_file(Error(ErrorCode::source_changed, "")));
    EXPECT_TRUE(blames_file(Error(ErrorCode::already_exists, "")));
    EXPECT_TRUE(blames_file(Error(ErrorCode::permission_denied, "")));
    EXPECT_TRUE(loses_place(Error(ErrorCode::no_space, "")));
    EXPECT_FALSE(loses_place(Error(ErrorCode::not_found, "")));
}

}  // namespace
}  // namespace fairlead::flow
