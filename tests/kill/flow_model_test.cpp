// A flow against a reference model: files are made, appended to, renamed, deleted and delivered again at random on a real
// server whose clock is anywhere; its listings and transfers are cut off in the middle, the run dies at any of its state
// changes, and receivers take what has come after each run. Each version that a run could see comes to each target exactly
// once, and none ever comes twice.
//
// FAIRLEAD_MODEL_SEED=N repeats a test; FAIRLEAD_MODEL_ROUNDS=N makes it longer.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "kill/kill_place.hpp"
#include "support/connect.hpp"
#include "support/cut_proxy.hpp"
#include "support/paths.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 86'400;
constexpr int kKilled = 128 + SIGKILL;

unsigned number_from(const char* variable, unsigned otherwise) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? static_cast<unsigned>(std::stoul(text)) : otherwise;
}

/// The source, as the test changes it. No two versions of a path are alike, and no two contents at all.
class Source {
  public:
    Source(fs::path root, std::mt19937& random) : root_(std::move(root)), random_(random) {
        for (const auto* sub : {"a", "b"})
            make(sub);
    }

    void change() {
        const auto name = fmt::format("{}/{}", random_() % 2 == 0 ? "a" : "b", random_() % 12);
        const auto there = fs::exists(root_ / name);
        switch (random_() % 6) {
            case 0:
            case 1:
                return put(name, "");
            case 2:  // appended to
                return put(name, there ? read_file(root_ / name) : "");
            case 3:  // delivered again: new content, perhaps an old time
                if (there) put(name, "again ");
                return;
            case 4:
                fs::remove(root_ / name);
                return;
            default:
                if (there) fs::rename(root_ / name, root_ / fmt::format("a/r{}", number_++));
        }
    }
    /// What is there: its name, which the targets keep, and its content.
    std::set<std::pair<std::string, std::string>> versions() const {
        std::set<std::pair<std::string, std::string>> found;
        for (const auto* sub : {"a", "b"})
            for (const auto& [path, content] : files_in(root_ / sub))
                found.emplace(fs::path(path).filename(), content);
        return found;
    }
    const fs::path& root() const { return root_; }

  private:
    void make(const std::string& sub) {
        fs::create_directory(root_ / sub);
        fs::permissions(root_ / sub, fs::perms::all);
    }
    void put(const std::string& name, const std::string& before) {
        auto content = before + fmt::format("{}:", number_++) + std::string(random_() % 3 == 0 ? random_() % 60'000 : random_() % 50, 'x');
        const auto day = ::time(nullptr) / kDay + 2 - static_cast<std::int64_t>(random_() % 700);
        while (!used_.emplace(name, content.size(), day).second)
            content += 'y';
        write_file(root_ / name, content);
        fs::permissions(root_ / name, fs::perms::all);
        // At noon of a day, so that neither time zones nor the coarse times of old files blur it.
        const timespec times[2]{{day * kDay + kDay / 2, 0}, {day * kDay + kDay / 2, 0}};
        ::utimensat(AT_FDCWD, (root_ / name).c_str(), times, 0);
    }

    fs::path root_;
    std::mt19937& random_;
    unsigned number_ = 0;
    std::set<std::tuple<std::string, std::size_t, std::int64_t>> used_;
};

/// Takes what has its name, and counts it.
class Receiver {
  public:
    explicit Receiver(fs::path folder) : folder_(std::move(folder)) {}
    void take() {
        for (const auto& [name, content] : files_in(folder_)) {
            if (name.starts_with(".")) continue;
            ++taken[{name.substr(name.find('-') + 1), content}];
            fs::remove(folder_ / name);
        }
    }
    std::map<std::pair<std::string, std::string>, int> taken;

  private:
    fs::path folder_;
};

struct Case {
    std::string server, afterwards;
};

class FlowModel : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(, FlowModel, testing::Values(Case{"vsftpd", "keep"}, Case{"openssh", "keep"}, Case{"proftpd", "delete"}),
                         [](const auto& info) { return info.param.server + "_" + info.param.afterwards; });

TEST_P(FlowModel, each_version_comes_to_each_target_once) {
    const auto seed = number_from("FAIRLEAD_MODEL_SEED", std::random_device{}());
    const auto rounds = number_from("FAIRLEAD_MODEL_ROUNDS", 15);
    SCOPED_TRACE(fmt::format("FAIRLEAD_MODEL_SEED={}", seed));
    std::cout << "FAIRLEAD_MODEL_SEED=" << seed << '\n';
    std::mt19937 random(seed);
    auto& server = Server::shared(GetParam().server);
    CutProxy proxy(server);
    const Cli faulty(faulty_binary());
    const auto endpoint = proxy.in_front_of(server.endpoint());
    std::vector<std::string> more{"--retries", "0"};
    if (!endpoint.sftp.host_keys.empty()) more.insert(more.end(), {"--host-key", endpoint.sftp.host_keys.front()});
    connect(faulty, "p", endpoint, more);
    const auto name = fmt::format("model-{}-{}", GetParam().afterwards, ::getpid());
    for (const auto* part : {"", "/in", "/out"}) {
        fs::create_directory(server.root() / (name + part));
        fs::permissions(server.root() / (name + part), fs::perms::all);
    }
    const TemporaryFolder local;
    Source source(server.root() / name / "in", random);
    faulty.ok({"flow", "create", "f", "--source", fmt::format("p:/{}/in", name), "--recursive", "--target",
               fmt::format("p:/{}/out/{{counter}}-{{name}}", name), "--target", (local.path() / "{counter}-{name}").string(),
               "--afterwards", GetParam().afterwards, "--set", "retry.wait=1ms", "--set", "limits.parallel=2"});
    std::array<Receiver, 2> receivers{Receiver(server.root() / name / "out"), Receiver(local.path())};
    constexpr std::array kPoints{"flow.begun",          "flow.publishing",        "transfer.staged", "publish.before_rename",
                                 "publish.after_rename", "flow.published",        "flow.recorded",   "flow.before_cleaning",
                                 "flow.source_gone",    "content.target_opened", "flow.cleaned"};
    unsigned killed = 0, failed = 0, complete = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        for (auto changes = 2 + random() % 6; changes > 0; --changes)
            source.change();
        const auto there = source.versions();
        ProcessOptions options;
        const auto fate = random() % 3;
        if (fate == 0) options.environment["FAIRLEAD_FAULT"] = fmt::format("{}:{}", kPoints[random() % kPoints.size()], 1 + random() % 2);
        if (fate == 1) {
            Cut cut;
            const bool has_data = GetParam().server != "openssh";
            cut.channel = has_data && random() % 2 == 0 ? Cut::Channel::data : Cut::Channel::control;
            cut.nth = random() % 3;
            cut.offset = cut.channel == Cut::Channel::data ? random() % 300 : 200 + random() % 6000;
            cut.and_later_ones = random() % 2 == 0;
            proxy.set(cut);
        }
        const auto ran = faulty({"flow", "run", "f"}, options);
        proxy.pass_all();
        for (auto& receiver : receivers)
            receiver.take();
        if (ran.status == kKilled) ++killed;
        if (ran.status != 0 && ran.status != kKilled) ++failed;
        for (const auto& receiver : receivers)
            for (const auto& [version, times] : receiver.taken)
                ASSERT_EQ(times, 1) << version.first << " in round " << round << ran.output << ran.errors;
        if (ran.status != 0) continue;
        ++complete;
        for (const auto& receiver : receivers)
            for (const auto& version : there)
                ASSERT_EQ(receiver.taken.count(version), 1u) << version.first << " in round " << round << ran.output;
    }
    (void)faulty({"flow", "run", "f"});  // tells, once, of what was begun and is not there any more
    EXPECT_EQ(faulty({"flow", "run", "f"}).status, 0);
    for (auto& receiver : receivers)
        receiver.take();
    std::cout << fmt::format("{} versions; of {} runs {} were killed and {} failed\n", receivers[0].taken.size(), rounds, killed, failed);
    EXPECT_GT(complete, 0u);
    fs::remove_all(server.root() / name);
}

}  // namespace
}  // namespace fairlead::test
