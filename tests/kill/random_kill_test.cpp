// The real program is killed at random moments, again and again, until it was allowed to come to its end;
// then both trees must be the same, with nothing left behind.
//
// FAIRLEAD_KILL_SECONDS (3 for each test) is how long; FAIRLEAD_KILL_SEED repeats what a failure printed.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "kill/kill_place.hpp"
#include "support/paths.hpp"

namespace fairlead::test {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
constexpr auto kPatience = 300s;  // of a machine that has much else to do

struct Journey {
    std::string name, from, to;
    std::vector<std::string> words;
    bool source_goes = false;
};

std::ostream& operator<<(std::ostream& out, const Journey& journey) {
    return out << journey.name;
}

unsigned long setting(const char* name, unsigned long otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? std::stoul(value) : otherwise;
}

/// Many small files, some of a few hundred KB, one that takes its time.
Files tree(unsigned long seed) {
    std::mt19937_64 random(seed);
    Files files;
    for (unsigned i = 0; i < 60; ++i) {
        const auto folder = i % 3 == 0 ? "" : i % 3 == 1 ? "a/" : "a/b/";
        const std::size_t size = i == 30 ? 6'000'000 : i % 10 == 0 ? random() % 400'000 : random() % 3000;
        files[fmt::format("tree/{}{}", folder, i)] = noise(size, i + 1);
    }
    files["tree/empty"] = "";
    return files;
}

class RandomKills : public testing::TestWithParam<Journey> {
  protected:
    /// Runs the command and kills it after so long. Whether it came to its end by itself.
    bool run_until(std::chrono::milliseconds moment) {
        ProcessOptions options;
        options.limit = moment;
        const auto result = fairlead.run(command, options);
        if (result.timed_out) return false;
        // The source can have gone with the last thing that an earlier run did.
        const bool nothing_left = GetParam().source_goes && result.status == 3;
        EXPECT_TRUE(result.status == 0 || nothing_left)
            << "status " << result.status << ": " << result.errors.substr(0, 2000);
        return true;
    }

    /// The last thing that a run did may have been to delete the source: then nobody asks for it again, and
    /// the next transfer to that place tidies up.
    void go_on_with_something_else(const std::filesystem::path& source, const std::filesystem::path& target) {
        write_file(source / "else", "else");
        const auto other = fairlead.run(
            {command.front(), from.location(source, "else"), to.location(target, "else")});
        EXPECT_EQ(other.status, 0) << other.errors;
        EXPECT_TRUE(std::filesystem::remove(source / "else") && std::filesystem::remove(target / "else"));
    }

    void one_round(std::mt19937_64& random, std::chrono::milliseconds longest) {
        const auto files = tree(random());
        const auto source = from.make_folder(files), target = to.make_folder({});
        command = GetParam().words;
        command.push_back(from.location(source, "tree"));
        command.push_back(to.location(target, ""));
        bool done = false;
        for (unsigned attempt = 0; !done && attempt < 12; ++attempt, ++runs)
            done = run_until(std::chrono::milliseconds(1 + random() % longest.count()));
        if (!done) run_until(kPatience);
        if (GetParam().source_goes) go_on_with_something_else(source, target);
        const auto now = files_in(target);
        EXPECT_TRUE(now == files) << differences(now, files);
        EXPECT_EQ(files_in(source).size(), GetParam().source_goes ? 0 : files.size());
        EXPECT_THAT(fairlead.unfinished(), IsEmpty());
    }

    static std::string differences(const Files& now, const Files& expected) {
        std::string text;
        for (const auto& [path, content] : now)
            if (const auto at = expected.find(path); at == expected.end())
                text += fmt::format("{}: {} bytes of nothing that was sent\n", path, content.size());
            else if (at->second != content)
                text += fmt::format("{}: {} bytes of {}\n", path, content.size(), at->second.size());
        for (const auto& [path, content] : expected)
            if (!now.contains(path)) text += path + " is missing\n";
        return text;
    }

    const Side from{GetParam().from}, to{GetParam().to};
    const Operator fairlead{fairlead_binary(), {from, to}};
    std::vector<std::string> command;
    unsigned runs = 0;
};

TEST_P(RandomKills, leave_every_file_whole_once_and_nothing_else) {
    const auto seed = setting("FAIRLEAD_KILL_SEED", std::random_device()());
    SCOPED_TRACE(fmt::format("FAIRLEAD_KILL_SEED={}", seed));
    std::mt19937_64 random(seed);
    const auto until = Clock::now() + std::chrono::seconds(setting("FAIRLEAD_KILL_SECONDS", 3));
    unsigned rounds = 0;
    while (Clock::now() < until && !HasFailure()) {
        // Short ones die while logging in, long ones among the last files.
        one_round(random, std::array{60ms, 200ms, 600ms}[rounds++ % 3]);
    }
    std::cout << fmt::format("{}: {} rounds, {} runs, seed {}\n", GetParam().name, rounds, runs, seed);
}

INSTANTIATE_TEST_SUITE_P(
    Of, RandomKills,
    testing::Values(
        Journey{"get_ftp", "vsftpd", "local", {"get", "-r", "-P", "3"}},
        Journey{"put_ftp", "local", "vsftpd", {"put", "-r", "-P", "3"}},
        Journey{"get_sftp", "openssh", "local", {"get", "-r", "-P", "2"}},
        Journey{"put_sftp", "local", "openssh", {"put", "-r", "-P", "2"}},
        Journey{"cp_sftp_ftp", "openssh", "vsftpd", {"cp", "-r", "-P", "2"}},
        Journey{"get_ftp_delete", "vsftpd", "local", {"get", "-r", "-P", "3", "--delete-after"}, true}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::test
