// Every state change of a transfer has a fault point. Here the program dies at each of them, of each kind of
// transfer, and is run again: each file must end whole, once, with nothing left behind.
//
// FAIRLEAD_KILL_ONLY=TEXT tries only the cases with TEXT in their name; a failure tells the name.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <thread>

#include "kill/scenarios.hpp"
#include "support/paths.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr unsigned kWorkers = 6;
constexpr int kKilled = 128 + SIGKILL;
constexpr int kNotFound = 3;

/// A point, and at which of its passages the process dies.
struct Death {
    std::string point;
    unsigned passage;
    std::string text() const { return fmt::format("{}:{}", point, passage); }
};

/// One try: the folders and the command.
struct Stage {
    fs::path from, to;
    std::vector<std::string> command;
};

Stage set_stage(const Scenario& scenario, const Side& from, const Side& to) {
    Stage stage{from.make_folder(scenario.sources), to.make_folder(scenario.before), scenario.words};
    stage.command.push_back(from.location(stage.from, scenario.source));
    // A folder that is there takes the tree below its name.
    stage.command.push_back(to.location(stage.to, scenario.target));
    return stage;
}

using Passages = std::map<std::string, unsigned>;

/// Runs the command to its end and counts the points that it passed.
Passages traced(const Operator& fairlead, const Stage& stage) {
    const TemporaryFolder folder;
    ProcessOptions options;
    options.environment["FAIRLEAD_FAULT_TRACE"] = (folder / "trace").string();
    const auto result = fairlead.run(stage.command, options);
    EXPECT_EQ(result.status, 0) << result.errors;
    Passages counts;
    std::ifstream trace(folder / "trace");
    for (std::string name; std::getline(trace, name);)
        ++counts[name];
    return counts;
}

/// The first and the last passage of each point, and amid the bytes.
std::vector<Death> deaths_at(const Passages& passages) {
    std::vector<Death> all;
    for (const auto& [point, count] : passages)
        for (const auto passage :
             std::set<unsigned>{1, point.starts_with("bytes.") ? (count + 1) / 2 : count, count})
            all.push_back({point, passage});
    return all;
}

/// Those after which there is most to be tidied up: amid the bytes, and while nothing has the old name.
std::vector<Death> telling_deaths(const Passages& passages) {
    std::vector<Death> some;
    for (const auto& [point, count] : passages)
        if (point.starts_with("bytes.") || point == "publish.after_aside")
            some.push_back({point, (count + 1) / 2});
    return some;
}

/// Whether it did. How often a point is passed can differ: several files at once take turns as they like, and bytes
/// come in as many pieces as the network makes of them.
bool die(const Operator& fairlead, const Stage& stage, const Death& death) {
    ProcessOptions options;
    options.environment["FAIRLEAD_FAULT"] = death.text();
    const auto killed = fairlead.run(stage.command, options);
    EXPECT_FALSE(killed.timed_out) << "it stands still: " << killed.errors;
    EXPECT_THAT(killed.status, AnyOf(kKilled, 0)) << killed.errors;
    return killed.status == kKilled;
}

class FaultPoints : public testing::TestWithParam<Scenario> {
  protected:
    const Scenario& scenario() const { return GetParam(); }

    /// How often each point is passed by a run; after runs that died there, when nothing more happens. Nothing when
    /// one of those did not die.
    Passages passages(const Operator& fairlead, const std::vector<Death>& before = {}) const {
        const auto stage = set_stage(scenario(), from, to);
        for (const auto& death : before)
            if (!die(fairlead, stage, death)) return {};  // nothing is left to be tidied up
        auto counts = traced(fairlead, stage);
        expect_done(stage, fairlead);
        return counts;
    }

    void die_and_run_again(const Operator& fairlead, const std::vector<Death>& deaths) const {
        std::string text = scenario().name;
        for (const auto& death : deaths)
            text += " killed at " + death.text();
        const char* only = std::getenv("FAIRLEAD_KILL_ONLY");
        if (only != nullptr && text.find(only) == std::string::npos) return;
        SCOPED_TRACE(text);
        const auto stage = set_stage(scenario(), from, to);
        bool done = false;
        for (const auto& death : deaths) {
            if (done) break;
            done = !die(fairlead, stage, death);
            expect_nothing_torn(stage);
        }
        if (!done) run_again(fairlead, stage);
        expect_done(stage, fairlead);
    }

    void run_again(const Operator& fairlead, const Stage& stage) const {
        const bool source_was_there = files_in(stage.from) == scenario().sources;
        const auto again = fairlead.run(stage.command);
        if (again.status == kNotFound && !source_was_there)
            go_on_with_something_else(fairlead, stage);
        else
            EXPECT_EQ(again.status, 0) << again.errors << again.output;
    }

    /// The source had gone already, so there was nothing left to do but to forget about it.
    void go_on_with_something_else(const Operator& fairlead, const Stage& stage) const {
        write_file(stage.from / "else", "else");
        const auto other = fairlead.run(
            {scenario().words.front(), from.location(stage.from, "else"), to.location(stage.to, "else")});
        EXPECT_EQ(other.status, 0) << other.errors;
        EXPECT_TRUE(fs::remove(stage.from / "else") && fs::remove(stage.to / "else"));
    }

    /// Between the kill and the next run.
    void expect_nothing_torn(const Stage& stage) const {
        const auto now = files_in(stage.to);
        const auto content_of = [](const Files& files, const std::string& path) {
            const auto found = files.find(path);
            return found == files.end() ? std::string() : found->second;
        };
        bool all_whole = true;
        for (const auto& [path, whole] : scenario().after) {
            const auto old = content_of(scenario().before, path), is = content_of(now, path);
            all_whole = all_whole && is == whole;
            if (is == whole || is == old) continue;
            if (scenario().appends && is.starts_with(old) && whole.starts_with(is)) continue;
            const bool aside = std::ranges::any_of(now, [&](const auto& file) { return file.second == old; });
            if (scenario().moves_aside && !now.contains(path) && aside) continue;
            ADD_FAILURE() << path << " is torn: " << to_text(now);
        }
        if (files_in(stage.from) != scenario().sources && scenario().sources.size() == 1)
            EXPECT_TRUE(all_whole) << "the source has gone, and at the target is " << to_text(now);
    }

    void expect_done(const Stage& stage, const Operator& fairlead) const {
        const auto target = files_in(stage.to), source = files_in(stage.from);
        EXPECT_TRUE(target == scenario().after) << "at the target: " << to_text(target);
        EXPECT_TRUE(source == scenario().left) << "at the source: " << to_text(source);
        EXPECT_THAT(fairlead.unfinished(), IsEmpty());
        fairlead.forget();  // else one failure would be many
    }

    const Side from{scenario().from}, to{scenario().to};
};

TEST_P(FaultPoints, whatever_point_it_dies_at_the_next_run_makes_it_whole) {
    std::vector<std::unique_ptr<Operator>> operators;
    for (unsigned i = 0; i < kWorkers; ++i)
        operators.push_back(std::make_unique<Operator>(faulty_binary(), std::vector{from, to}));
    const auto undisturbed = passages(*operators.front());
    std::vector<std::vector<Death>> lives;
    for (const auto& death : deaths_at(undisturbed))
        lives.push_back({death});
    ASSERT_FALSE(lives.empty());
    // And it may die again while it tidies up.
    for (const auto& first : telling_deaths(undisturbed))
        for (const auto& [point, count] : passages(*operators.front(), {first}))
            if (point.starts_with("leftover.") || point.starts_with("journal."))
                lives.push_back({first, {point, count}});
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (const auto& fairlead : operators)
        threads.emplace_back([&] {
            for (std::size_t i = 0; (i = next++) < lives.size();)
                die_and_run_again(*fairlead, lives[i]);
        });
    for (auto& thread : threads)
        thread.join();
}

std::set<std::string> points_in_sources() {
    std::set<std::string> names;
    const std::regex point(R"re(FAIRLEAD_FAULT_POINT\("([^"]+)"\))re");
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(tests_folder()) / "../src/transfer")) {
        const auto text = entry.path().extension() == ".cpp" ? read_file(entry.path()) : std::string();
        for (std::sregex_iterator at(text.begin(), text.end(), point), end; at != end; ++at)
            names.insert((*at)[1]);
    }
    return names;
}

/// Else a point would be there that nobody ever dies at.
TEST(FaultPoint, every_one_is_passed_by_some_transfer) {
    std::set<std::string> passed;
    const auto note = [&](const Passages& passages) {
        for (const auto& [point, count] : passages)
            passed.insert(point);
    };
    for (const auto& scenario : scenarios()) {
        const Side from(scenario.from), to(scenario.to);
        const Operator fairlead(faulty_binary(), {from, to});
        const auto undisturbed = traced(fairlead, set_stage(scenario, from, to));
        note(undisturbed);
        for (const auto& death : telling_deaths(undisturbed)) {
            const auto stage = set_stage(scenario, from, to);
            // What lived to its end may have taken its source with it.
            if (die(fairlead, stage, death)) note(traced(fairlead, stage));
        }
    }
    EXPECT_EQ(passed, points_in_sources());
}

TEST(FaultPoint, what_is_shipped_has_none) {
    const auto names = points_in_sources();
    ASSERT_FALSE(names.empty());
    const auto shipped = read_file(fairlead_binary()), faulty = read_file(faulty_binary());
    for (const auto& name : names) {
        EXPECT_EQ(shipped.find(name), std::string::npos) << name;
        EXPECT_NE(faulty.find(name), std::string::npos) << name;
    }
    EXPECT_EQ(shipped.find("FAIRLEAD_FAULT"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Of, FaultPoints, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::test
