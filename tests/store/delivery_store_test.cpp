// The ledger of deliveries, on both engines.

#include "any_store.hpp"
#include "base/quantity.hpp"
#include "store/delivery_store.hpp"

namespace fairlead::store {
namespace {

using catalog::DeliveryState;
using catalog::FileVersion;
using catalog::VersionState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeliveryStoreTest : public AnyStore {
  protected:
    DeliveryStore& ledger() { return store().deliveries(); }

    FileVersion version(const std::string& path, const std::string& flow = "f") {
        FileVersion made;
        made.flow = flow;
        made.path = path;
        made.size = 5;
        made.modified = parse_rfc3339("2026-03-01T10:00:30Z");
        made.precision = TimePrecision::minute;
        made.seen_at = made.changed_at = parse_rfc3339("2026-03-01T11:00:00Z");
        return made;
    }
    FileVersion put(FileVersion made) {
        ledger().put(made);
        return made;
    }
    catalog::Run running(const std::string& id) {
        catalog::Run run;
        run.id = id;
        run.kind = "flow";
        run.state = catalog::RunState::running;
        run.created_at = parse_rfc3339("2026-03-01T11:00:00Z");
        run.lease = {"here", run.created_at + std::chrono::seconds(30), 1};
        store().runs().insert(run);
        return run;
    }
};

TEST_P(DeliveryStoreTest, what_is_put_is_found_as_it_was) {
    auto made = version("/in/a\xff.csv");
    made.hash = "abc";
    made.deliveries.push_back({.target = "t", .state = DeliveryState::moving, .path = "/out/\xfe"});
    made.deliveries.back().error = Error(ErrorCode::no_space, "full");
    made.error = Error(ErrorCode::timeout, "slow");
    made = put(made);
    EXPECT_GT(made.number, 0);
    EXPECT_EQ(made.counter, 1);
    const auto found = ledger().versions_of("f", "/in/a\xff.csv");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].path, made.path);
    EXPECT_EQ(found[0].size, 5u);
    EXPECT_EQ(found[0].modified, made.modified);
    EXPECT_EQ(found[0].precision, TimePrecision::minute);
    EXPECT_EQ(found[0].hash, "abc");
    EXPECT_EQ(found[0].error->code, ErrorCode::timeout);
    ASSERT_THAT(found[0].deliveries, SizeIs(1));
    EXPECT_EQ(found[0].deliveries[0].state, DeliveryState::moving);
    EXPECT_EQ(found[0].deliveries[0].path, "/out/\xfe");
    EXPECT_EQ(found[0].deliveries[0].error->code, ErrorCode::no_space);
}

TEST_P(DeliveryStoreTest, a_change_keeps_number_and_counter) {
    auto first = put(version("/a"));
    const auto second = put(version("/b"));
    EXPECT_EQ(second.counter, 2);
    EXPECT_EQ(put(version("/a", "another")).counter, 1);
    first.state = VersionState::done;
    first.settled_to = "/done/a";
    ledger().put(first);
    const auto found = ledger().versions_of("f", "/done/a");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].number, first.number);
    EXPECT_EQ(found[0].counter, 1);
    EXPECT_EQ(found[0].state, VersionState::done);
}

TEST_P(DeliveryStoreTest, lists_page_by_page_and_forgets_what_is_chosen) {
    for (const auto* path : {"/a", "/b", "/c"})
        put(version(path));
    auto waiting = version("/d");
    waiting.state = VersionState::waiting;
    put(waiting);
    VersionQuery query{.flow = "f", .states = {VersionState::open}, .limit = 2};
    auto page = ledger().list(query);
    ASSERT_THAT(page, SizeIs(2));
    EXPECT_EQ(page[0].path, "/c");
    query.before = page.back().number;
    page = ledger().list(query);
    ASSERT_THAT(page, SizeIs(1));
    EXPECT_EQ(page[0].path, "/a");
    EXPECT_EQ(ledger().forget({.flow = "f", .path = "/a"}), 1u);
    EXPECT_THAT(ledger().versions_of("f", "/a"), IsEmpty());
    EXPECT_EQ(ledger().forget({.flow = "f", .states = {VersionState::open}}), 2u);
    ledger().forget_flow("f");
    EXPECT_THAT(ledger().list({.flow = "f"}), IsEmpty());
    EXPECT_EQ(put(version("/z")).counter, 1);
}

TEST_P(DeliveryStoreTest, what_was_reset_is_not_written_again) {
    auto made = put(version("/a"));
    ledger().forget({.flow = "f", .path = "/a"});
    made.state = VersionState::done;
    ledger().put(made);
    EXPECT_THAT(ledger().versions_of("f", "/a"), IsEmpty());
}

TEST_P(DeliveryStoreTest, one_run_at_a_time_has_a_flow) {
    const auto one = running("run-1");
    running("run-2");
    EXPECT_EQ(ledger().take("f", "run-1"), std::nullopt);
    EXPECT_EQ(ledger().take("f", "run-1"), std::nullopt) << "again, after it was taken up";
    EXPECT_EQ(ledger().take("f", "run-2"), "run-1");
    EXPECT_EQ(ledger().take("g", "run-2"), std::nullopt);
    store().runs().finish("run-1", one.lease.fence, catalog::RunState::succeeded, {}, one.created_at);
    EXPECT_EQ(ledger().take("f", "run-2"), std::nullopt);
}

TEST_P(DeliveryStoreTest, a_moment_and_a_notice_are_taken_once_whoever_asks) {
    const auto other = open(where());
    const auto moment = parse_rfc3339("2026-03-01T06:00:00Z");
    EXPECT_EQ(ledger().last_moment("f"), std::nullopt);
    EXPECT_TRUE(ledger().take_moment("f", moment, moment));
    EXPECT_FALSE(other->deliveries().take_moment("f", moment, moment));
    EXPECT_TRUE(other->deliveries().take_moment("f", moment - std::chrono::hours(1), moment));
    EXPECT_EQ(ledger().last_moment("f"), moment);
    ledger().forget_moments_after("f", moment - std::chrono::minutes(1));
    EXPECT_EQ(ledger().last_moment("f"), moment - std::chrono::hours(1));
    EXPECT_TRUE(ledger().take_notice("f", "k", moment));
    EXPECT_FALSE(other->deliveries().take_notice("f", "k", moment));
}

TEST_P(DeliveryStoreTest, forgets_only_what_cannot_be_at_the_source_any_more) {
    const auto done = [&](const std::string& path, const std::string& reason, const std::string& settled_to = "") {
        auto made = version(path);
        made.state = catalog::VersionState::done;
        made.reason = reason;
        made.settled_to = settled_to;
        return put(made).number;
    };
    done("/replaced", std::string(catalog::kKept));
    const auto newest = done("/replaced", std::string(catalog::kKept));
    const auto kept = done("/kept", std::string(catalog::kKept));
    done("/deleted", "deleted");
    const auto moved = done("/moved", "moved", "/archive/moved");
    auto waiting = version("/pending");
    waiting.state = catalog::VersionState::delivered;  // clean-up pending
    const auto pending = put(waiting).number;
    const auto later = parse_rfc3339("2026-04-01T00:00:00Z");
    EXPECT_EQ(ledger().forget_versions(parse_rfc3339("2026-02-01T00:00:00Z"), 10), 0);
    EXPECT_EQ(ledger().forget_versions(later, 1), 1);
    EXPECT_EQ(ledger().forget_versions(later, 10), 1);
    EXPECT_EQ(ledger().forget_versions(later, 10), 0);
    std::vector<std::int64_t> left;
    for (const auto& one : ledger().list({.flow = "f"}))
        left.push_back(one.number);
    EXPECT_THAT(left, testing::UnorderedElementsAre(newest, kept, moved, pending));
}

TEST_P(DeliveryStoreTest, forgets_notes_but_no_flows_newest_moment) {
    const auto at = [](const char* text) { return parse_rfc3339(text); };
    for (const auto* moment : {"2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"})
        ledger().take_moment("f", at(moment), at(moment));
    ledger().take_notice("f", "k", at("2026-03-01T06:00:00Z"));
    EXPECT_EQ(ledger().forget_notes(at("2026-03-01T00:00:00Z"), 10), 0);
    EXPECT_EQ(ledger().forget_notes(at("2026-05-01T00:00:00Z"), 10), 2);
    EXPECT_EQ(ledger().last_moment("f"), at("2026-03-02T06:00:00Z"));
    EXPECT_TRUE(ledger().take_notice("f", "k", at("2026-05-01T00:00:00Z")));
}

TEST_P(DeliveryStoreTest, the_same_content_is_found) {
    auto first = version("/a");
    first.hash = "abc";
    first.state = VersionState::done;
    first = put(first);
    auto second = version("/b");
    second.hash = "abc";
    second = put(second);
    EXPECT_EQ(ledger().same_content("f", "abc", second.number)->path, "/a");
    EXPECT_EQ(ledger().same_content("f", "abc", first.number), std::nullopt);
    EXPECT_EQ(ledger().same_content("f", "", 0), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(, DeliveryStoreTest, testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace fairlead::store
