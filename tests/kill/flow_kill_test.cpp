// A run of a flow that dies at any of its state changes, and the next run: each target has each file whole and once, the
// ledger says so, and the source is dealt with.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

#include "kill/kill_place.hpp"
#include "support/cli.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;

constexpr int kKilled = 128 + SIGKILL;

/// A data directory of its own with a flow from one folder to two.
class Place {
  public:
    /// `how`: what becomes of the source, or "steps": gzip and a checksum file.
    explicit Place(const std::string& how) : afterwards_(how == "steps" ? "delete" : how), steps_(how == "steps") {
        for (const auto* folder : {"from", "one", "two"})
            fs::create_directory(work / folder);
        for (const auto& [name, content] : kFiles)
            write_file(work / "from" / name, content);
        std::vector<std::string> create{"flow", "create", "f", "--source", (work / "from").string(), "--target",
                                        (work / "one/").string(), "--target", (work / "two/{counter}-{name}").string(),
                                        "--afterwards", afterwards_};
        if (steps_) {
            write_file(work / "flow.json", R"({"steps":[{"action":"gzip"},{"action":"checksum"}]})");
            create.insert(create.end(), {"--from", (work / "flow.json").string()});
        }
        if (afterwards_ == "move") create.insert(create.end(), {"--move-to", "done"});
        faulty.ok(create);
    }

    ProcessResult run(const std::string& fault = {}, const std::string& trace = {}) const {
        ProcessOptions options;
        if (!fault.empty()) options.environment["FAIRLEAD_FAULT"] = fault;
        if (!trace.empty()) options.environment["FAIRLEAD_FAULT_TRACE"] = trace;
        return faulty({"flow", "run", "f"}, options);
    }

    /// What is complete at a target is taken away, as its receiver would.
    void take(std::map<std::string, int>& taken) const {
        if (!steps_)
            for (const auto* folder : {"one", "two"})
                for (const auto& [name, content] : files_in(work / folder))
                    if (!name.starts_with(".")) EXPECT_EQ(content, kFiles.begin()->second) << name;
        for (const auto* folder : {"one", "two"})
            for (const auto& [name, content] : files_in(work / folder)) {
                if (name.starts_with(".")) continue;
                ++taken[std::string(folder) + "/" + name];
                fs::remove(work / folder / name);
            }
    }

    void expect_all(const std::string& when) const {
        SCOPED_TRACE(when);
        int n = 0;
        if (steps_) return expect_packed();
        EXPECT_EQ(files_in(work / "one"), kFiles);
        for (const auto& [name, content] : files_in(work / "two")) {
            EXPECT_THAT(kFiles, testing::Contains(testing::Pair(name.substr(name.find('-') + 1), content)));
            ++n;
        }
        EXPECT_EQ(n, static_cast<int>(kFiles.size()));
        expect_settled();
    }
    void expect_packed() const {
        for (const auto* folder : {"one", "two"}) {
            EXPECT_EQ(files_in(work / folder).size(), 2 * kFiles.size()) << folder;
            const auto checked = run_process({"sh", "-c", "cd '" + (work / folder).string() + "' && sha256sum -c --quiet *.sha256 && gunzip -c *.gz"});
            EXPECT_EQ(checked.output, kFiles.begin()->second) << folder;
        }
        expect_settled();
    }
    void expect_settled() const {
        const auto documents = faulty.json({"flow", "files", "f"});
        EXPECT_EQ(documents.as_array().size(), kFiles.size());
        for (const auto& document : documents.as_array())
            EXPECT_EQ(document.at("state"), "done") << document;
        const Files nothing;
        if (afterwards_ == "delete") EXPECT_EQ(files_in(work / "from"), nothing);
        if (afterwards_ == "move") EXPECT_EQ(files_in(work / "from" / "done"), kFiles);
        if (afterwards_ == "keep") EXPECT_EQ(files_in(work / "from"), kFiles);
    }

    static inline const Files kFiles{{"a.csv", std::string(100'000, 'a')}};
    const TemporaryFolder work;
    const Cli faulty{faulty_binary()};

  private:
    std::string afterwards_;
    bool steps_;
};

/// Every point that a run passes, each time that it does: "flow.begun:2".
std::vector<std::string> points_of(const std::string& how) {
    const Place place(how);
    const auto wanted = [&](const std::string& line) {
        if (how == "steps" && line.starts_with("transfer.")) return line == "transfer.staged";  // the others are as without
        return line.starts_with("flow.") || line.starts_with("transfer.") || line.starts_with("publish.");
    };
    const auto trace = (place.work / "trace").string();
    EXPECT_EQ(place.run({}, trace).status, 0);
    std::map<std::string, int> passed;
    std::vector<std::string> points;
    std::istringstream lines(read_file(trace));
    for (std::string line; std::getline(lines, line);)
        if (wanted(line))
            points.push_back(fmt::format("{}:{}", line, ++passed[line]));
    return points;
}

class FlowKill : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(, FlowKill, testing::Values("keep", "delete", "move", "steps"),
                         [](const auto& info) { return info.param; });

TEST(FlowKillOnce, the_next_run_completes_what_died_at_any_point) {
    const auto points = points_of("move");
    EXPECT_GE(points.size(), 10u);
    for (const auto& point : points) {
        const Place place("move");
        EXPECT_EQ(place.run(point).status, kKilled) << point;
        const auto again = place.run();
        EXPECT_EQ(again.status, 0) << point << again.errors;
        place.expect_all(point);
        if (HasFailure()) return;
    }
}

/// A receiver takes what has its name the moment that the process dies; each file comes to it once, whole.
TEST_P(FlowKill, what_is_taken_at_any_point_does_not_come_again) {
    for (const auto& point : points_of(GetParam())) {
        const Place place(GetParam());
        std::map<std::string, int> taken;
        EXPECT_EQ(place.run(point).status, kKilled) << point;
        place.take(taken);
        const auto again = place.run();
        EXPECT_EQ(again.status, 0) << point << again.errors;
        place.take(taken);
        std::size_t files = 0;
        for (const auto& [name, times] : taken) {
            if (name.ends_with(".sha256")) continue;
            ++files;
            EXPECT_EQ(times, 1) << name << " after " << point;
        }
        EXPECT_EQ(files, 2 * Place::kFiles.size()) << point;
        for (const auto* folder : {"one", "two"})
            EXPECT_TRUE(files_in(place.work / folder).empty()) << "nothing stays behind after " << point;
        place.expect_settled();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace fairlead::test
