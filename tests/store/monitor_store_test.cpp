#include "any_store.hpp"

#include "store/event_store.hpp"
#include "store/monitor_store.hpp"

namespace fairlead::store {
namespace {

using catalog::FileChange;
using catalog::FileEvent;
using catalog::FileState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

Time at(std::chrono::milliseconds since) {
    return Time(1'800'000'000'000ms + since);
}

class MonitorStoreTest : public AnyStore {
  protected:
    MonitorStore& monitors() { return store().monitors(); }
    EventStore& events() { return store().events(); }

    static FileState state(const std::string& path, std::uint64_t look, std::optional<FileChange> waiting = {}) {
        FileState made;
        made.path = path;
        made.facts.size = 5;
        made.facts.modified = at(-1s);
        made.facts.precision = TimePrecision::minute;
        made.look = look;
        made.waiting = waiting;
        return made;
    }

    static FileEvent event(const std::string& id, const std::string& path = "/in/a") {
        FileEvent made;
        made.id = id;
        made.path = path;
        made.change = FileChange::renamed;
        made.previous_path = "/in/\xff";
        made.facts.size = std::uint64_t{1} << 40;
        made.facts.mode = 0640;
        made.at = at(7ms);
        return made;
    }

    std::uint64_t begin(const std::string& monitor) { return monitors().begin_look(monitor, {}).value(); }

    std::vector<std::string> paths(const std::vector<FileState>& states) {
        std::vector<std::string> found;
        for (const auto& one : states)
            found.push_back(one.path);
        return found;
    }
    std::vector<std::string> ids(const std::vector<FileEvent>& some) {
        std::vector<std::string> found;
        for (const auto& one : some)
            found.push_back(one.id);
        return found;
    }
};

INSTANTIATE_TEST_SUITE_P(, MonitorStoreTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(MonitorStoreTest, one_owner_looks_at_a_time_and_not_before_it_is_due) {
    const LookStart mine{"a", at(0s), at(30s), at(0s)}, theirs{"b", at(1s), at(31s), at(1s)};
    const auto look = monitors().begin_look("m", mine);
    ASSERT_EQ(look, 1u);
    EXPECT_EQ(monitors().begin_look("m", theirs), std::nullopt);
    EXPECT_TRUE(monitors().renew_look("m", *look, at(60s)));
    EXPECT_EQ(monitors().begin_look("m", {"b", at(40s), at(70s), at(40s)}), std::nullopt);
    monitors().end_look("m", *look, {.at = at(50s), .complete = true, .next = at(300s), .seen = 3});
    EXPECT_EQ(monitors().begin_look("m", {"b", at(299s), at(330s), at(299s)}), std::nullopt);
    EXPECT_EQ(monitors().begin_look("m", {"b", at(300s), at(330s), at(300s)}), 2u);
    // Its owner died: another one goes on when the right to look has run out.
    EXPECT_EQ(monitors().begin_look("m", {"a", at(330s), at(360s), at(330s)}), 3u);
    EXPECT_FALSE(monitors().renew_look("m", 2, at(999s)));
    EXPECT_EQ(code_of([&] { monitors().save("m", 2, {{state("/x", 2)}, {}, {}}); }), ErrorCode::conflict);
    EXPECT_EQ(code_of([&] { monitors().end_look("m", 2, {}); }), ErrorCode::conflict);
    EXPECT_THAT(monitors().files("m", "", 10), IsEmpty());
    const auto status = monitors().status("m");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->ended, 1u);
    EXPECT_EQ(status->ended_at, at(50s));
    EXPECT_EQ(status->last.seen, 3u);
    EXPECT_EQ(status->owner, "a");
}

TEST_P(MonitorStoreTest, a_look_that_failed_is_no_baseline_and_is_counted) {
    monitors().end_look("m", begin("m"), {.at = at(1s), .complete = false, .next = at(9s), .problem = "{}"});
    monitors().end_look("m", begin("m"), {.at = at(2s), .complete = false, .next = at(9s), .problem = "{}"});
    EXPECT_FALSE(monitors().has_baseline("m"));
    EXPECT_EQ(monitors().status("m")->failures, 2u);
    EXPECT_EQ(monitors().status("m")->last.problem, "{}");
    monitors().end_look("m", begin("m"), {.at = at(3s), .complete = true, .next = at(9s)});
    EXPECT_TRUE(monitors().has_baseline("m"));
    EXPECT_EQ(monitors().status("m")->failures, 0u);
    EXPECT_EQ(monitors().statuses("", 10).size(), 1u);
    EXPECT_THAT(monitors().statuses("m", 10), IsEmpty());
}

TEST_P(MonitorStoreTest, states_come_back_as_they_were_in_the_order_of_bytes) {
    const auto look = begin("m");
    auto odd = state("/in/\xff\"'", look, FileChange::created);
    odd.facts.size = std::uint64_t{5} << 32;
    odd.facts.modified.reset();
    odd.facts.type = EntryType::symlink;
    odd.told = 2;
    odd.unchanged_since = at(1ms);
    odd.unchanged_looks = 4;
    monitors().save("m", look, {{state("/in/b", look), odd, state("/in/Z", look)}, {}, {}});
    EXPECT_THAT(paths(monitors().files("m", "", 10)), ElementsAre("/in/Z", "/in/b", odd.path));
    EXPECT_THAT(paths(monitors().files("m", "/in/Z", 1)), ElementsAre("/in/b"));
    const auto found = monitors().find("m", std::vector<std::string>{odd.path, "/in/none"});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].facts.size, odd.facts.size);
    EXPECT_FALSE(found[0].facts.modified);
    EXPECT_EQ(found[0].facts.type, EntryType::symlink);
    EXPECT_EQ(found[0].facts.precision, TimePrecision::minute);
    EXPECT_EQ(found[0].told, 2u);
    EXPECT_EQ(found[0].waiting, FileChange::created);
    EXPECT_EQ(found[0].unchanged_since, at(1ms));
    EXPECT_EQ(found[0].unchanged_looks, 4u);
    EXPECT_EQ(monitors().count_files("m"), 3u);
    EXPECT_THAT(paths(monitors().waiting("m", look, "", 10)), ElementsAre(odd.path));
    const auto next = begin("m");
    monitors().save("m", next, {{state("/in/b", next, FileChange::created)}, {"/in/Z"}, {}});
    EXPECT_THAT(paths(monitors().unrecorded("m", next, "", 10)), ElementsAre(odd.path));
    EXPECT_THAT(paths(monitors().came("m", next, 5, 10)), ElementsAre("/in/b"));
    EXPECT_THAT(monitors().came("m", next, 6, 10), IsEmpty());
}

TEST_P(MonitorStoreTest, each_consumer_takes_the_events_of_its_monitor_in_order) {
    events().subscribe("early", "");
    monitors().save("m", begin("m"), {{}, {}, {event("e1"), event("e2")}});
    events().subscribe("late", "m");
    events().subscribe("late", "other");  // there is one already: nothing changes
    monitors().save("n", begin("n"), {{}, {}, {event("e3")}});
    monitors().save("m", begin("m"), {{}, {}, {event("e4")}});
    EXPECT_THAT(ids(events().pending("early", 10)), ElementsAre("e1", "e2", "e3", "e4"));
    EXPECT_THAT(ids(events().pending("late", 10)), ElementsAre("e4"));
    EXPECT_THAT(events().pending("nobody", 10), IsEmpty());
    const auto first = events().pending("early", 1).front();
    EXPECT_EQ(first.monitor, "m");
    EXPECT_EQ(first.change, FileChange::renamed);
    EXPECT_EQ(first.previous_path, "/in/\xff");
    EXPECT_EQ(first.facts.size, std::uint64_t{1} << 40);
    EXPECT_EQ(first.facts.mode, 0640u);
    EXPECT_EQ(first.at, at(7ms));
    events().postpone("early", 3, at(60s), "no answer");
    EXPECT_EQ(events().consumer("early")->attempts, 3u);
    EXPECT_EQ(events().consumer("early")->problem, "no answer");
    events().advance("early", first.sequence);
    EXPECT_EQ(events().consumer("early")->attempts, 0u);
    EXPECT_THAT(ids(events().pending("early", 2)), ElementsAre("e2", "e3"));
    EXPECT_EQ(events().find("e2")->sequence, events().pending("early", 1).front().sequence);
    EXPECT_EQ(events().newest(), events().find("e4")->sequence);
    EXPECT_THAT(ids(events().list("n", 0, 10)), ElementsAre("e3"));
}

TEST_P(MonitorStoreTest, nothing_is_forgotten_before_everybody_is_done_with_it) {
    events().subscribe("w", "m");
    monitors().save("m", begin("m"), {{}, {}, {event("e1"), event("e2"), event("e3")}});
    EXPECT_EQ(events().forget("", at(1s), 100), 0);
    const auto all = events().pending("w", 10);
    events().give_up("w", all[0], 20, "410 Gone", at(5s));
    EXPECT_THAT(ids(events().pending("w", 10)), ElementsAre("e2", "e3"));
    events().advance("w", all[1].sequence);
    EXPECT_EQ(events().forget("", at(0s), 100), 0);
    EXPECT_EQ(events().forget("m", at(1s), 100), 1);
    EXPECT_THAT(ids(events().list("", 0, 10)), ElementsAre("e1", "e3"));
    const auto letters = events().dead_letters("m", 0, 10);
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].event.id, "e1");
    EXPECT_EQ(letters[0].consumer, "w");
    EXPECT_EQ(letters[0].attempts, 20u);
    EXPECT_EQ(letters[0].problem, "410 Gone");
    EXPECT_EQ(letters[0].at, at(5s));
    EXPECT_THAT(events().dead_letters("n", 0, 10), IsEmpty());
    EXPECT_THAT(events().replays("w", 10), IsEmpty());
    EXPECT_EQ(events().replay("w", "e2"), 0);
    EXPECT_EQ(events().replay("w", ""), 1);
    EXPECT_EQ(events().replays("w", 10).at(0).event.id, "e1");
    events().give_up("w", letters[0].event, 21, "410 Gone", at(6s));
    EXPECT_THAT(events().replays("w", 10), IsEmpty());
    EXPECT_THAT(ids(events().pending("w", 10)), ElementsAre("e3"));
    EXPECT_EQ(events().drop("w", "e1"), 1);
    EXPECT_EQ(events().drop("w", ""), 0);
    events().unsubscribe("w");
    EXPECT_EQ(events().forget("", at(1s), 100), 2);
}

TEST_P(MonitorStoreTest, what_is_no_files_change_is_told_to_the_same_consumers_and_numbered_with_the_events_of_runs) {
    catalog::Run run;
    run.id = "01";
    run.kind = "flow";
    run.created_at = at(0s);
    store().runs().insert(run);
    const auto of_run = store().runs().newest_event();
    events().subscribe("webhook:f", "f");
    events().subscribe("mail:f", "f");
    FileEvent told;
    told.monitor = "f";
    told.id = "1";
    told.at = at(0s);
    told.document = R"({"specversion":"1.0"})";
    store().together([&] { events().add(told); });
    told.id = "2";
    events().add(told);
    const auto pending = events().pending("webhook:f", 10);
    ASSERT_THAT(ids(pending), ElementsAre("1", "2"));
    EXPECT_EQ(pending.front().document, told.document);
    EXPECT_GT(pending.front().sequence, static_cast<std::uint64_t>(of_run));
    EXPECT_THAT(ids(events().latest("f", 1)), ElementsAre("2"));
    run.id = "02";
    store().runs().insert(run);
    EXPECT_GT(store().runs().newest_event(), static_cast<std::int64_t>(pending.back().sequence));
    EXPECT_EQ(events().consumers_of("f").size(), 2u);
    events().give_up("mail:f", pending.back(), 3, "why", at(1s));
    EXPECT_EQ(events().dead_letters("f", 0, 10).front().event.document, told.document);
    events().advance("webhook:f", pending.back().sequence);
    EXPECT_EQ(events().forget("", at(1s), 10), 1);  // the dead letter stays
    events().remove("f");
    EXPECT_TRUE(events().latest("f", 10).empty());
    EXPECT_TRUE(events().consumers_of("f").empty());
}

TEST_P(MonitorStoreTest, consumers_are_due_that_have_something_to_take_and_may) {
    events().subscribe("hook:m", "m");
    events().subscribe("hook:n", "n");
    events().subscribe("other:m", "m");
    const auto due = [&](Time now, const std::string& owner = "a") {
        std::vector<std::string> names;
        for (const auto& consumer : events().due("hook:", owner, now, 10))
            names.push_back(consumer.name);
        return names;
    };
    EXPECT_THAT(due(at(0s)), IsEmpty());
    monitors().save("m", begin("m"), {{}, {}, {event("e1")}});
    EXPECT_THAT(due(at(0s)), ElementsAre("hook:m"));
    events().claim("hook:m", "a", at(0s), at(30s));
    EXPECT_THAT(due(at(1s)), ElementsAre("hook:m"));
    EXPECT_THAT(due(at(1s), "b"), IsEmpty());
    EXPECT_THAT(due(at(30s), "b"), ElementsAre("hook:m"));
    events().postpone("hook:m", 1, at(60s), "503");
    EXPECT_THAT(due(at(59s)), IsEmpty());
    EXPECT_THAT(due(at(60s)), ElementsAre("hook:m"));
    EXPECT_THAT(due(at(60s) - 5h), ElementsAre("hook:m")) << "nobody waits so long: the clock was ahead";
    events().give_up("hook:m", events().pending("hook:m", 1).at(0), 2, "503", at(60s));
    EXPECT_THAT(due(at(61s)), IsEmpty());
    events().replay("hook:m", "e1");
    EXPECT_THAT(due(at(61s)), ElementsAre("hook:m"));
}

TEST_P(MonitorStoreTest, one_owner_takes_the_events_of_a_consumer_at_a_time) {
    events().subscribe("w", "m");
    EXPECT_TRUE(events().claim("w", "a", at(0s), at(30s)));
    EXPECT_FALSE(events().claim("w", "b", at(1s), at(31s)));
    EXPECT_TRUE(events().claim("w", "a", at(2s), at(32s)));
    EXPECT_TRUE(events().claim("w", "b", at(32s), at(62s)));
    EXPECT_FALSE(events().claim("nobody", "a", at(0s), at(30s)));
}

TEST_P(MonitorStoreTest, a_reset_forgets_files_and_keeps_events_that_are_not_told) {
    events().subscribe("w", "m");
    const auto look = begin("m");
    monitors().save("m", look, {{state("/in/a", look)}, {}, {event("e1")}});
    monitors().end_look("m", look, {.at = at(0s), .complete = true, .next = at(300s)});
    const auto under_way = begin("m");
    monitors().reset("m");
    EXPECT_EQ(code_of([&] { monitors().save("m", under_way, {{}, {}, {event("e2")}}); }), ErrorCode::conflict);
    EXPECT_THAT(monitors().files("m", "", 10), IsEmpty());
    EXPECT_FALSE(monitors().has_baseline("m"));
    EXPECT_GT(begin("m"), under_way);
    EXPECT_THAT(ids(events().pending("w", 10)), ElementsAre("e1"));
    monitors().remove("m");
    EXPECT_THAT(events().consumers(), IsEmpty());
    EXPECT_THAT(events().list("", 0, 10), IsEmpty());
    EXPECT_EQ(monitors().status("m"), std::nullopt);
}

}  // namespace
}  // namespace fairlead::store
