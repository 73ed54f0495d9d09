// The sessions that one daemon has to one server, whoever uses them: flows from several places, and downloads over HTTP.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <future>
#include <list>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
constexpr int kFiles = 6;

TEST(SessionBudgetOfTheDaemon, is_one_for_all_its_flows_and_downloads) {
    std::atomic<int> open = 0, most = 0;
    ScriptedFtp target;
    target.folder("/in").file("/download", std::string(100'000, 'x'));
    target.on("PASS", [&](FtpConversation& with, const std::string& password) {
        const int now = ++open;
        for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {}
        with.behave("PASS", password);
    });
    target.on("QUIT", [&](FtpConversation& with, const std::string& nothing) {
        --open;  // before the client can know
        with.behave("QUIT", nothing);
    });
    const Cli fairlead;
    connect(fairlead, "target", target.endpoint(), {"--max-sessions", "2"});
    std::list<ScriptedFtp> sources(4);  // several, so that their flows live on different threads
    int number = 0;
    for (auto& source : sources) {
        const auto name = fmt::format("source-{}", ++number);
        source.folder("/out");
        for (int i = 0; i < kFiles; ++i)
            source.file(fmt::format("/out/{}-{}", name, i), std::string(10'000, 'y'));
        connect(fairlead, name, source.endpoint());
        fairlead.ok({"flow", "create", name, "--source", name + ":/out", "--target", "target:/in/", "--parallel", "3"});
    }
    const Daemon daemon(fairlead);
    std::list<std::future<RawAnswer>> work;
    for (int i = 1; i <= number; ++i)
        work.push_back(std::async(std::launch::async, [&, i] {
            return daemon("POST", fmt::format("/v1/projects/default/flows/source-{}/run", i), "{}");
        }));
    for (int i = 0; i < 6; ++i)
        work.push_back(std::async(std::launch::async, [&] {
            return daemon("GET", "/v1/projects/default/connections/target/content?path=/download");
        }));
    for (auto& each : work) {
        const auto answer = each.get();
        EXPECT_EQ(answer.status, 200u) << answer.body.substr(0, 1000);
    }
    EXPECT_LE(most, 2);
    for (int i = 1; i <= number; ++i)
        for (int file = 0; file < kFiles; ++file)
            EXPECT_TRUE(target.content(fmt::format("/in/source-{}-{}", i, file))) << i << " " << file;
}

}  // namespace
}  // namespace fairlead::test
