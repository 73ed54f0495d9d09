// What a daemon tells of flows: what did not come in time, by webhook and by mail, again until it is taken.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "support/cli.hpp"
#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/peer_socket.hpp"

namespace fairlead::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Answers each connection on a thread of its own, one after the other, until it goes.
class Peer {
  public:
    explicit Peer(std::function<void(PeerSocket&)> converse)
        : converse_(std::move(converse)), thread_([this] { run(); }) {}
    ~Peer() {
        over_ = true;
        listener_.stop();
        thread_.join();
    }
    std::uint16_t port() const { return listener_.port(); }

  private:
    void run() {
        while (!over_) {
            try {
                auto socket = listener_.accept();
                converse_(socket);
            } catch (const PeerGone&) {
                continue;  // nobody came, or somebody went
            }
        }
    }
    std::function<void(PeerSocket&)> converse_;
    PeerListener listener_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

TEST(FlowAlerts, what_did_not_come_is_told_by_webhook_and_mail_until_it_is_taken) {
    std::mutex mutex;
    std::map<std::string, int> told;  // by the event's id, how often it was taken
    std::string refused, mails;
    Peer webhook([&](PeerSocket& socket) {
        std::size_t length = 0;
        while (const auto line = socket.read_line()) {
            if (line->empty()) break;
            if (line->starts_with("Content-Length: ")) length = std::stoul(line->substr(16));
        }
        std::string body;
        while (body.size() < length)
            body += socket.read_some(length - body.size());
        const std::string id(json::parse(body).at("id").as_string());
        const std::lock_guard lock(mutex);
        const bool refuse = refused.empty();
        if (refuse)
            refused = id;
        else
            ++told[id];
        socket.write(fmt::format("HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                                 refuse ? "503 Later" : "204 Taken"));
    });
    Peer smtp([&](PeerSocket& socket) {
        socket.write("220 here\r\n");
        bool content = false;
        while (const auto line = socket.read_line()) {
            {
                const std::lock_guard lock(mutex);
                mails += *line + "\n";
            }
            if (content && *line != ".") continue;
            const bool ends = content;
            content = *line == "DATA";
            socket.write(content                     ? "354 go on\r\n"
                         : ends                      ? "250 taken\r\n"
                         : line->starts_with("QUIT") ? "221 bye\r\n"
                                                     : "250 fine\r\n");
        }
    });
    const Cli fairlead;
    const TemporaryFolder work;
    for (const auto* folder : {"in", "out"})
        std::filesystem::create_directory(work / folder);
    write_file(
        work / "flow.json",
        fmt::format(R"({{"expectations":[{{"name":"orders","patterns":["*.csv"],"by":"*/2 * * * * ?"}}],
        "notify":{{"webhook":"http://127.0.0.1:{}/hook","email":["ops@example.com"]}}}})",
                    webhook.port()));
    fairlead.ok({"flow", "create", "f", "--from", (work / "flow.json").string(), "--source",
                 (work / "in").string(), "--target", (work / "out/").string()});
    const Daemon daemon(fairlead, {"--smtp-url", fmt::format("smtp://127.0.0.1:{}", smtp.port()),
                                   "--smtp-from", "fairlead@example.com"});
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex);
        return !refused.empty() && told.contains(refused) && mails.find("QUIT") != std::string::npos;
    })) << daemon.log();
    const std::lock_guard lock(mutex);
    EXPECT_THAT(mails, HasSubstr("RCPT TO:<ops@example.com>"));
    EXPECT_THAT(mails, HasSubstr("Subject: Fairlead: Missed: 'orders' of the flow 'f'"));
    const auto alerts = fairlead.json({"flow", "alerts", "f"});
    ASSERT_THAT(alerts.as_array(), testing::Not(IsEmpty()));
    EXPECT_EQ(alerts.at(0).at("event").at("type"), "fairlead.flow.expectation.missed");
}

}  // namespace
}  // namespace fairlead::test
