// Clients that stall, cut, send garbage, oversized headers, slow contents and pipelines that nobody reads,
// all at once: the daemon goes on answering others, lets go of all of it, and stops when asked.
// FAIRLEAD_HOSTILE_SECONDS makes it longer, FAIRLEAD_HOSTILE_SEED repeats one.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <list>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/daemon.hpp"

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

int number_from(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::atoi(text) : otherwise;
}

/// One connection of a client that behaves in one of many bad ways. What it holds on to stays open in `held`.
void misbehave(std::uint16_t port, const std::string& token, std::mt19937& random, std::list<RawHttp>& held) {
    const auto line = [](const std::string& what) { return what + " HTTP/1.1\r\nHost: h\r\n"; };
    const auto authorised = "Authorization: Bearer " + token + "\r\n";
    const std::string list = "GET /v1/projects/default/connections";
    auto& client = held.emplace_back(port, 5s);
    bool keeps = false;
    switch (random() % 12) {
        case 0:  // says nothing
            keeps = true;
            break;
        case 1:  // stops in the middle of the header
            client.send(line(list).substr(0, 1 + random() % 50));
            keeps = true;
            break;
        case 2: {  // rubbish
            std::string rubbish(1 + random() % 5000, '\0');
            std::ranges::generate(rubbish, [&] { return static_cast<char>(random()); });
            client.send(rubbish);
            break;
        }
        case 3:  // a header without end
            client.send(line(list) + "X: " + std::string(200'000, 'x'));
            break;
        case 4:  // many headers
            client.send(line(list));
            for (int i = 0; i < 3000; ++i)
                client.send("X-" + std::to_string(i) + ": y\r\n");
            break;
        case 5:  // announces a content and stalls in it
            client.send(line("POST /v1/projects/default/connections") + authorised +
                        "Content-Length: 900000\r\n\r\n{\"na");
            keeps = true;
            break;
        case 6:  // announces a content and goes
            client.send(line("POST /v1/projects/default/connections") + authorised +
                        "Content-Length: 1000\r\n\r\n{\"na");
            break;
        case 7: {  // a long pipeline whose answers nobody reads
            std::string all;
            for (int i = 0; i < 500; ++i)
                all += line(list) + authorised + "\r\n";
            client.send(all.substr(0, 100'000));
            keeps = true;
            break;
        }
        case 8:  // chunks that are none
            client.send(line("POST /v1/projects/default/connections") + authorised +
                        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{");
            break;
        case 9:  // both lengths
            client.send(
                line("POST /v1/projects/default/connections") + authorised +
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
            break;
        case 10:  // a wrong token and odd paths
            client.send(line("GET /v1/%00/../..//%ff/{x}?a=%zz&&&=") +
                        "Authorization: Bearer \xff\xfe\r\n\r\n");
            break;
        default:  // asks, and goes before the answer
            client.send(line(list) + authorised + "\r\n");
    }
    if (!keeps) held.pop_back();
    while (held.size() > 50)
        held.pop_front();
}

double open_connections(const Daemon& daemon) {
    const auto text = http_request(daemon.port(), "GET", "/metrics").body;
    const std::string_view name = "\nfairlead_http_connections ";
    return std::stod(text.substr(text.find(name) + name.size()));
}

TEST(RestHostile, others_do_not_suffer_and_nothing_stays) {
    const auto seconds = std::chrono::seconds(number_from("FAIRLEAD_HOSTILE_SECONDS", 4));
    const auto seed = static_cast<unsigned>(number_from("FAIRLEAD_HOSTILE_SEED", 7));
    Cli cli;
    Daemon daemon(cli, {"--log-level", "error"});
    ASSERT_EQ(
        daemon("POST", "/v1/projects/default/connections", R"({"name":"one","host":"h.example.com"})").status,
        201);
    std::atomic<bool> over = false;
    std::atomic<std::uint64_t> attacks = 0;
    std::vector<std::jthread> attackers;
    for (unsigned i = 0; i < 4; ++i)
        attackers.emplace_back([&, i] {
            std::mt19937 random(seed + i);
            std::list<RawHttp> held;
            while (!over) {
                try {
                    misbehave(daemon.port(), daemon.token(), random, held);
                } catch (const std::runtime_error&) {  // turned away: that is an answer
                }
                ++attacks;
            }
        });
    unsigned asked = 0;
    RawHttp polite(daemon.port());
    const auto request =
        "GET /v1/projects/default/connections/one HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
        daemon.token() + "\r\n\r\n";
    for (const auto until = Clock::now() + seconds; Clock::now() < until; ++asked) {
        ASSERT_EQ(polite.send(request).answer().status, 200);
        ASSERT_EQ(daemon("GET", "/readyz").status, 200);
    }
    over = true;
    attackers.clear();
    EXPECT_GT(asked, 3U);
    EXPECT_GT(attacks, 20U);
    // What the attackers held is closed now; the daemon lets go of it as soon as it sees that.
    const auto until = Clock::now() + 60s;
    double open = 0;
    while ((open = open_connections(daemon)) > 2.5 && Clock::now() < until)
        std::this_thread::yield();
    EXPECT_LE(open, 2.5);
    RecordProperty("attacks", static_cast<int>(attacks));
    RecordProperty("asked", static_cast<int>(asked));
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace fairlead::test
