// A peer that falls silent, at each step: the deadline of that step ends the wait, and a cancellation does so
// at once.
#include <functional>
#include <ostream>

#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using Tls = ScriptedFtp::Tls;

struct Silence {
    std::string name;
    Tls tls = Tls::none;
    std::function<void(ScriptedFtp&)> arrange;
    /// Whether the server has come to the silent step (the moment to cancel at).
    std::function<bool(const ScriptedFtp&)> reached;
    /// What the client does; empty: it opens the session.
    std::function<awaitable<void>(FileSystem&)> action;
    std::string code = "timeout";
};
std::ostream& operator<<(std::ostream& out, const Silence& silence) {
    return out << silence.name;
}

Silence silent_on(std::string verb, std::function<awaitable<void>(FileSystem&)> action = nullptr,
                  Tls tls = Tls::none) {
    Silence silence;
    silence.name = (tls == Tls::none ? "" : "tls_") + verb;
    silence.tls = tls;
    silence.arrange = [verb](ScriptedFtp& server) { server.silent_on(verb); };
    silence.reached = [verb](const ScriptedFtp& server) { return server.count(verb) > 0; };
    silence.action = std::move(action);
    return silence;
}

Silence silent_when(std::string name, std::string verb, ScriptedFtp::Handler handler,
                    std::function<awaitable<void>(FileSystem&)> action, std::string code = "timeout",
                    Tls tls = Tls::none) {
    auto silence = silent_on(verb, std::move(action), tls);
    silence.name = std::move(name);
    silence.arrange = [verb, handler = std::move(handler)](ScriptedFtp& server) { server.on(verb, handler); };
    silence.code = std::move(code);
    return silence;
}

void wait_for_close(FtpConversation& with) {
    with.control.wait_for_close();
    with.hang_up();
}

std::vector<Silence> silences() {
    const auto read = [](FileSystem& files) { return read_whole(files, "/a"); };
    const auto write = [](FileSystem& files) { return write_whole(files, "/new", noise(50'000)); };
    const auto list = [](FileSystem& files) { return list_whole(files, "/"); };
    std::vector<Silence> all;

    auto greeting = silent_on("GREETING");
    greeting.reached = [](const ScriptedFtp& server) { return server.connections() > 0; };
    all.push_back(greeting);
    for (const auto* verb : {"USER", "PASS", "FEAT"})
        all.push_back(silent_on(verb));
    for (const auto* verb : {"AUTH", "PBSZ", "PROT"})
        all.push_back(silent_on(verb, nullptr, Tls::explicit_));
    all.push_back(silent_when(
        "tls_handshake", "AUTH",
        [](FtpConversation& with, const std::string&) {
            with.reply("234 go on");
            wait_for_close(with);
        },
        nullptr, "timeout", Tls::explicit_));

    all.push_back(silent_on("DELE", [](FileSystem& files) { return files.remove("/a"); }));
    all.push_back(silent_on("RNFR", [](FileSystem& files) { return files.rename("/a", "/b", true); }));
    all.push_back(silent_on("RNTO", [](FileSystem& files) { return files.rename("/a", "/b", true); }));
    all.push_back(silent_on("MKD", [](FileSystem& files) { return files.make_directory("/d"); }));
    all.push_back(silent_on("RMD", [](FileSystem& files) { return files.remove_directory("/folder"); }));
    all.push_back(silent_on("NOOP", [](FileSystem& files) { return files.ping(); }));
    all.push_back(silent_on("MFMT", [](FileSystem& files) { return files.set_modified("/a", Time{}); }));
    all.push_back(silent_on("MLSD", list));
    all.push_back(silent_on("RETR", read));
    all.push_back(silent_on("STOR", write));

    all.push_back(silent_when(
        "data_connection_is_never_accepted", "RETR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 it will never come");
            wait_for_close(with);
        },
        read));
    all.push_back(silent_when(
        "download_stops_in_the_middle", "RETR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write(std::string(1000, 'x'));
            wait_for_close(with);
        },
        read));
    all.push_back(silent_when(
        "download_is_never_confirmed", "RETR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            with.open_data().close();
            wait_for_close(with);
        },
        read, "incomplete"));
    all.push_back(silent_when(
        "upload_is_never_confirmed", "STOR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 send it");
            with.open_data().read_all();
            wait_for_close(with);
        },
        write, "incomplete"));
    all.push_back(silent_when(
        "upload_is_never_read", "STOR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 send it");
            auto data = with.open_data();
            wait_for_close(with);
        },
        [](FileSystem& files) { return write_whole(files, "/new", noise(40'000'000)); }));
    all.push_back(silent_when(
        "tls_of_the_data_connection", "RETR",
        [](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            with.protect_data = false;
            auto data = with.open_data();
            wait_for_close(with);
        },
        read, "timeout", Tls::explicit_));
    return all;
}

class FtpSilence : public testing::TestWithParam<Silence> {
  protected:
    FtpSilence() { start(); }
    void start() {
        server_ = std::make_unique<ScriptedFtp>(GetParam().tls);
        server_->file("/a", "hello").folder("/folder");
        GetParam().arrange(*server_);
    }
    bool reached() const { return GetParam().reached(*server_); }

    /// Does what leads to the silent step, with so much patience for each.
    Outcome outcome_with(std::chrono::milliseconds patience) {
        auto endpoint = server_->endpoint();
        endpoint.timeouts = {patience, patience, patience};
        return outcome_of([&] {
            if (!GetParam().action) {
                Loop loop;
                return loop.run(open_and_close(endpoint));
            }
            Session session(endpoint);
            session.loop.run(GetParam().action(session.files()));
        });
    }

    std::unique_ptr<ScriptedFtp> server_;
};

TEST_P(FtpSilence, ends_by_its_own_deadline) {
    std::chrono::milliseconds patience = 400ms;
    auto outcome = outcome_with(patience);
    // A machine with much to do may not come as far as the silent step in so short a time.
    while (!reached() && patience < 20s) {
        start();
        patience *= 4;
        outcome = outcome_with(patience);
    }
    EXPECT_EQ(outcome.code, GetParam().code) << outcome;
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_LT(outcome.took, 10s + 3 * patience) << outcome;
    EXPECT_GE(outcome.took, 200ms) << outcome;
    EXPECT_FALSE(outcome.error->step.empty()) << outcome;
    EXPECT_TRUE(outcome.error->retryable()) << outcome;
    EXPECT_FALSE(outcome.error->session_usable) << "the session's state is not known; " << outcome;
}

TEST_P(FtpSilence, ends_by_cancellation_at_once) {
    auto endpoint = server_->endpoint();
    endpoint.timeouts = {30s, 30s, 30s};
    const auto reached = [this] { return this->reached(); };
    Outcome outcome;
    if (GetParam().action) {
        Session session(endpoint);
        outcome =
            outcome_of([&] { session.loop.run_and_cancel(GetParam().action(session.files()), reached); });
    } else {
        Loop loop;
        outcome = outcome_of([&] { loop.run_and_cancel(open_and_close(endpoint), reached); });
    }
    EXPECT_EQ(outcome.code, "cancelled") << outcome;
    EXPECT_LT(outcome.took, 5s) << outcome;
}

INSTANTIATE_TEST_SUITE_P(At, FtpSilence, testing::ValuesIn(silences()),
                         [](const auto& info) { return info.param.name; });

TEST(FtpDeadlines, a_quit_that_is_never_answered_delays_closing_only_shortly) {  // field.md 14
    ScriptedFtp server;
    server.silent_on("QUIT");
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.close(); });
    EXPECT_EQ(outcome.code, "no error") << outcome;
    EXPECT_LT(outcome.took, 5s);
}

TEST(FtpDeadlines, a_peer_that_accepts_and_says_nothing_is_a_timeout_under_implicit_tls) {
    SilentPeer peer;
    Endpoint endpoint;
    endpoint.protocol = Protocol::ftps;
    endpoint.tls.mode = TlsOptions::Mode::implicit;
    endpoint.host = "127.0.0.1";
    endpoint.port = peer.port();
    endpoint.timeouts = {500ms, 500ms, 500ms};
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "timeout") << outcome;
    EXPECT_LT(outcome.took, 5s);
}

TEST(FtpDeadlines, a_greeting_that_trickles_for_ever_is_a_timeout) {  // field.md 1
    ScriptedFtp server;
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        with.control.write("220-");
        for (int i = 0; i < 100'000; ++i) {
            with.control.write("blah\r\n ");
            if (i > 100) std::this_thread::sleep_for(5ms);  // the trickle itself
        }
    });
    auto endpoint = server.endpoint();
    endpoint.timeouts = {1s, 1s, 1s};
    const auto outcome = opening(endpoint);
    EXPECT_THAT(outcome.code, testing::AnyOf("timeout", "protocol_error")) << outcome;
    EXPECT_LT(outcome.took, 20s) << outcome;
}

}  // namespace
}  // namespace fairlead::test
