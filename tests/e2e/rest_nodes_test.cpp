// Two daemons on one store: each knows of the other, and what only one of them could do ends when it is gone.

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/connect.hpp"
#include "support/daemon.hpp"
#include "support/postgres.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;

bool in_time(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!done())
        if (std::chrono::steady_clock::now() > until) return false;
        else std::this_thread::yield();
    return true;
}

TEST(RestNodes, a_run_whose_documents_lie_on_a_node_that_is_gone_fails_and_says_so) {
    const PostgresDatabase database;
    const std::map<std::string, std::string> environment{{"FAIRLEAD_STORE", database.url()}};
    const std::vector<std::string> store{"--store", database.url()};
    const Cli here(fairlead_binary(), environment), there(fairlead_binary(), environment);
    auto& server = Server::shared("vsftpd");
    connect(here, "p", server, {"--bwlimit", "100K"});
    auto first = std::make_unique<Daemon>(here, store);
    ASSERT_EQ((*first)("POST", "/v1/projects/default/operations", R"({"name":"store","action":"upsert","connection":"p"})").status, 201);
    const auto accepted = http_request(
        first->port(), "POST", "/v1/projects/default/operations/store/execute?fileName=rest-lost",
        "Authorization: Bearer " + first->token() + "\r\nContent-Type: application/octet-stream\r\nPrefer: respond-async\r\n",
        std::string(2'000'000, 'x'));
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const auto run = accepted.headers.at("location");

    std::filesystem::create_directory(there.data());
    for (const auto* file : {"secret.key", "admin-token"})
        std::filesystem::copy_file(here.data() / file, there.data() / file);
    const Daemon second(there, {"--store", database.url(), "--lost-nodes", "2s"});
    const auto nodes = [&] { return http_request(second.port(), "GET", "/v1/nodes", "Authorization: Bearer " + first->token() + "\r\n").json(); };
    ASSERT_TRUE(in_time([&] { return nodes().at("items").as_array().size() == 2; })) << nodes();
    ASSERT_TRUE(in_time([&] {
        const auto known = nodes();
        for (const auto& node : known.at("items").as_array())
            if (node.at("leases") == 1) return node.at("self") == false && node.at("state") == "serving";
        return false;
    })) << nodes();

    const auto token = first->token();
    ::kill(first->process(), SIGKILL);
    const auto shown = [&] { return http_request(second.port(), "GET", run, "Authorization: Bearer " + token + "\r\n").json(); };
    EXPECT_TRUE(in_time([&] { return shown().at("state") == "failed"; })) << shown();
    const auto ended = shown();
    EXPECT_EQ(ended.at("error").at("code"), "host_unreachable") << ended;
    EXPECT_EQ(ended.at("succeeded"), 0);
    std::filesystem::remove(server.root() / "rest-lost");
}

}  // namespace
}  // namespace fairlead::test
