// Servers that bend the rules of the control connection. The numbers are those of the field's catalogue of
// landmines.
#include <chrono>
#include <cstdio>
#include <fstream>

#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

void expect_in_step(ScriptedFtp& server) {
    server.file("/canary", "still in step");
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/canary"), "still in step");
    EXPECT_EQ(session.stat("/canary").size, 13u);
    EXPECT_EQ(session.read("/canary"), "still in step");
    session.close();
}

TEST(Landmine1, a_greeting_of_many_lines_in_single_bytes_is_taken_to_its_end) {
    ScriptedFtp server;
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        for (const char c : std::string("220-Welcome\r\n331 is not the end\r\n 220 nor is "
                                        "this\r\n\r\n220-nor this\r\n220 ready\r\n"))
            with.control.write(std::string(1, c));
    });
    expect_in_step(server);
}

TEST(Landmine1, a_greeting_without_end_is_refused_in_bounded_memory) {
    ScriptedFtp server;
    server.on("GREETING", [](FtpConversation& with, const std::string&) {
        const std::string junk = "220-" + std::string(60'000, 'x') + "\r\n";
        for (int i = 0; i < 2'000; ++i)
            with.control.write(junk);
    });
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "protocol_error") << outcome;
    EXPECT_FALSE(outcome.error->session_usable);
}

TEST(Landmine2, lines_inside_a_reply_that_look_like_replies_do_not_end_it) {
    ScriptedFtp server;
    server.on("PASS",
              {"230-Welcome", "226 done is a word of the day", "230-more", "530 no", "230 logged in"});
    expect_in_step(server);
}

TEST(Landmine4, a_120_is_waited_out) {
    ScriptedFtp server;
    server.on("GREETING", {"120 ready in 0 minutes", "220 ready"});
    expect_in_step(server);
}

TEST(Landmine4, a_421_greeting_is_a_busy_server) {
    ScriptedFtp server;
    server.on("GREETING", "421 Too many connections, come back later");
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "server_busy") << outcome;
    EXPECT_THAT(outcome.error->server_reply, HasSubstr("come back later"));
    EXPECT_TRUE(outcome.error->retryable());
}

TEST(Landmine7, a_server_without_syst_and_feat_works) {
    ScriptedFtp server;
    server.on("SYST", "500 what?").on("FEAT", "500 what?").on("MLSD", "500 what?").on("MLST", "500 what?");
    server.file("/a", "hello").folder("/d");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a", "d"));
    EXPECT_EQ(session.read("/a"), "hello");
    EXPECT_EQ(session.stat("/a").size, 5u);
    EXPECT_EQ(session.stat("/d").type, EntryType::directory);
}

TEST(Landmine7, a_feat_that_lies_is_found_out_and_done_without) {
    ScriptedFtp server;
    server.on("MLSD", "502 not implemented after all")
        .on("MLST", "502 not implemented after all")
        .on("SIZE", "502 nor this");
    server.file("/a", "hello");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a"));
    EXPECT_EQ(session.stat("/a").size, 5u);
    session.names("/");
    EXPECT_LE(server.count("MLSD"), 1u) << "a refused command is not asked for again in the session";
}

TEST(Landmine8, utf8_names_work_where_opts_is_refused) {
    ScriptedFtp server;
    server.on("OPTS", "501 no").file("/Größe", "hello");
    Session session(server.endpoint());
    EXPECT_EQ(session.read("/Größe"), "hello");
    EXPECT_THAT(session.names("/"), ElementsAre("Größe"));
}

TEST(Landmine8, names_in_a_code_page_come_out_as_utf8_and_go_back_as_they_were) {
    ScriptedFtp server;
    server.features = {"SIZE", "MLST type*;size*;modify*;"};
    server.file(
        "/Gr\xf6\xdf"
        "e",
        "hello");
    auto endpoint = server.endpoint();
    endpoint.ftp.charset = "ISO-8859-1";
    Session session(endpoint);
    EXPECT_THAT(session.names("/"), ElementsAre("Größe"));
    EXPECT_EQ(session.read("/Größe"), "hello");
}

TEST(Landmine11, an_unasked_421_between_commands_ends_the_session_and_not_the_next_command_as_done) {
    ScriptedFtp server;
    server.file("/a", "hello");
    server.on("NOOP", [](FtpConversation& with, const std::string&) {
        with.control.write("200 here\r\n421 Timeout, closing\r\n");
        with.hang_up();
    });
    Session session(server.endpoint());
    session.ping();
    const auto outcome = outcome_of([&] { session.remove("/a"); });
    EXPECT_EQ(outcome.code, "connection_lost") << outcome;
    EXPECT_FALSE(outcome.error->session_usable);
    EXPECT_EQ(server.content("/a"), "hello") << "nothing may have been removed";
}

TEST(Landmine10, a_name_that_would_be_a_second_command_never_reaches_the_server) {
    ScriptedFtp server;
    Session session(server.endpoint());
    const auto before = server.commands().size();
    for (const auto& name : {std::string("/a\r\nDELE b"), std::string("/a\nb"), std::string("/a\0b", 4)}) {
        EXPECT_EQ(outcome_of([&] { session.read(name); }).code, "invalid_argument");
        EXPECT_EQ(outcome_of([&] { session.write(name, "x"); }).code, "invalid_argument");
        EXPECT_EQ(outcome_of([&] { session.list(name); }).code, "invalid_argument");
        EXPECT_EQ(outcome_of([&] { session.rename("/b", name); }).code, "invalid_argument");
    }
    EXPECT_EQ(server.commands().size(), before);
}

TEST(Landmine13, a_server_that_drops_whoever_sends_two_commands_at_once_never_sees_that) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};  // so that a look takes several commands
    for (const auto* verb : {"USER", "PASS", "FEAT", "SYST", "PWD", "CWD", "TYPE", "SIZE", "MDTM", "EPSV",
                             "RETR", "STOR", "LIST", "RNFR", "RNTO", "DELE", "MKD", "REST"})
        server.on(verb, [verb](FtpConversation& with, const std::string& argument) {
            if (!with.control.has_more()) return with.behave(verb, argument);
            with.control.reset();
            with.hang_up();
        });
    Session session(server.endpoint());
    for (const auto* name : {"/a", "/b", "/c"}) {
        session.write(name, "hello");
        EXPECT_EQ(session.read(name), "hello");
        EXPECT_EQ(session.stat(name).size, 5u);
    }
    session.rename("/a", "/d");
    session.remove("/b");
    session.make_directory("/sub");
    EXPECT_THAT(session.names("/"), ElementsAre("c", "d", "sub"));
    EXPECT_EQ(server.connections(), 1u);
}

/// The kernel's word on the next probe of our connection to a port of this machine: seconds until it is due.
/// While something that was sent is not acknowledged, it tells of another timer.
std::optional<double> next_probe(std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
        std::ifstream table("/proc/net/tcp");
        std::string line;
        while (std::getline(table, line)) {
            unsigned remote = 0, timer = 0, due = 0;
            const auto* form = "%*d: %*8x:%*x %*8x:%x %*x %*x:%*x %x:%x";
            if (std::sscanf(line.c_str(), form, &remote, &timer, &due) != 3 || remote != port) continue;
            if (timer == 2) return due / 100.0;
        }
    }
    return std::nullopt;
}

TEST(Landmine41, a_control_connection_that_is_silent_while_a_long_transfer_runs_is_kept_alive) {
    ScriptedFtp server;
    std::optional<double> probe;
    server.on("STOR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_all();  // by now the client's kernel has nothing left to send that it has no receipt for
        data.close();
        probe = next_probe(with.server.port());
        with.server.file("/a", noise(1'000'000));
        with.reply("226 stored");
    });
    Session session(server.endpoint());
    session.write("/a", noise(1'000'000));
    ASSERT_TRUE(probe.has_value());
    EXPECT_LE(*probe, 60.0) << "tables of NAT routers forget after a few minutes";
}

TEST(Landmine14, close_is_no_error_when_the_server_is_gone_already) {
    ScriptedFtp server;
    server.on("NOOP", [](FtpConversation& with, const std::string&) {
        with.reply("200 here");
        with.control.reset();
        with.hang_up();
    });
    Session session(server.endpoint());
    session.ping();
    EXPECT_EQ(outcome_of([&] { session.close(); }).code, "no error");
}

TEST(Landmine16, any_answer_to_pwd_will_do) {
    for (const auto* answer :
         {"257 /home/tester", "257 \"/with \"\"quotes\"\"\" is it", "257 \"'USER.'\" is the prefix",
          "257 C:\\Users\\tester", "550 no such thing", "257 "}) {
        ScriptedFtp server;
        server.on("PWD", answer);
        SCOPED_TRACE(answer);
        expect_in_step(server);
    }
}

TEST(Landmine17, a_directory_counts_as_made_whatever_2xx_says_so) {
    for (const auto* answer : {"250 made", "257 made", "200 ok"}) {
        ScriptedFtp server;
        server.on("MKD", [answer](FtpConversation& with, const std::string& path) {
            with.server.folder(path.starts_with('/') ? path : "/" + path);
            with.reply(answer);
        });
        Session session(server.endpoint());
        EXPECT_EQ(outcome_of([&] { session.make_directory("/d"); }).code, "no error") << answer;
    }
}

TEST(Landmine17, a_directory_that_is_there_is_already_exists_whatever_the_refusal_says) {
    for (const auto* answer : {"521 /d directory already exists", "550 /d: File exists",
                               "550 Cannot create directory", "553 no", "450 hm"}) {
        ScriptedFtp server;
        server.folder("/d").on("MKD", answer);
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] { session.make_directory("/d"); });
        EXPECT_EQ(outcome.code, "already_exists") << answer << ": " << outcome;
    }
}

TEST(Landmine19, a_connection_that_died_while_idle_is_never_taken_for_success) {
    for (const auto* verb : {"DELE", "RNTO"}) {
        ScriptedFtp server;
        server.file("/a", "hello");
        server.on(verb, [](FtpConversation& with, const std::string&) {
            with.control.reset();
            with.hang_up();
        });
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] {
            if (std::string_view(verb) == "DELE")
                session.remove("/a");
            else
                session.rename("/a", "/b", true);
        });
        EXPECT_EQ(outcome.code, "connection_lost") << verb << ": " << outcome;
        EXPECT_FALSE(outcome.error->session_usable);
        EXPECT_EQ(server.count(verb), 1u);
    }
}

TEST(Landmine20, binary_mode_is_set_before_size_is_asked) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.file("/a", "hello").on("MLST", "500 no").on("MLSD", "500 no");
    bool binary = false;
    server.on("TYPE", [&](FtpConversation& with, const std::string& type) {
        binary = type.starts_with('I');
        with.reply("200 ok");
    });
    server.on("SIZE", [&](FtpConversation& with, const std::string& path) {
        if (binary)
            with.behave("SIZE", path);
        else
            with.reply("550 SIZE not allowed in ASCII");
    });
    Session session(server.endpoint());
    EXPECT_EQ(session.stat("/a").size, 5u);
}

TEST(Landmine22, times_with_a_year_of_19100_and_with_fractions_are_understood) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.file("/old", "x").file("/fine", "x").on("MLST", "500 no").on("MLSD", "500 no");
    server.on("MDTM", [](FtpConversation& with, const std::string& path) {
        with.reply(path.ends_with("old") ? "213 191260203040506" : "213 20260203040506.789");
    });
    Session session(server.endpoint());
    EXPECT_THAT(to_rfc3339(session.stat("/fine").modified.value()),
                testing::StartsWith("2026-02-03T04:05:06"));
    EXPECT_EQ(to_rfc3339(session.stat("/old").modified.value()), "2026-02-03T04:05:06Z");
}

TEST(Landmine23, setting_a_time_goes_by_mdtm_or_site_utime_where_mfmt_is_missing) {
    const Time moment = std::chrono::sys_days{std::chrono::year(2026) / 2 / 3} + 4h + 5min + 6s;
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM", "MLST type*;size*;modify*;"};
    server.file("/a", "x").on("MFMT", "500 no").on("MDTM", "500 no");
    std::string set;
    server.on("SITE", [&](FtpConversation& with, const std::string& argument) {
        set = argument;
        with.reply("200 ok");
    });
    Session session(server.endpoint());
    session.loop.run(session.files().set_modified("/a", moment));
    EXPECT_THAT(set, HasSubstr("20260203040506"));
}

TEST(Landmine25, commands_of_the_login_script_are_sent_after_the_login) {
    ScriptedFtp server;
    server.on("SITE", "200 ok");
    auto endpoint = server.endpoint();
    endpoint.ftp.login_commands = {"SITE UMASK 027"};
    EXPECT_EQ(opening(endpoint).code, "no error");
    EXPECT_THAT(server.commands(), Contains("SITE UMASK 027"));
}

TEST(BadInput, nobody_listens_on_the_port) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = refused_port();
    for (const auto protocol : {Protocol::ftp, Protocol::ftps, Protocol::sftp}) {
        endpoint.protocol = protocol;
        const auto outcome = opening(endpoint);
        EXPECT_EQ(outcome.code, "connection_refused") << outcome;
        EXPECT_EQ(outcome.error->step, "connect");
        EXPECT_TRUE(outcome.error->retryable());
        EXPECT_THAT(outcome.error->message, HasSubstr("127.0.0.1"));
    }
}

TEST(BadInput, a_host_name_without_an_address) {
    Endpoint endpoint;
    endpoint.host = "no-such-host.invalid";
    for (const auto protocol : {Protocol::ftp, Protocol::sftp}) {
        endpoint.protocol = protocol;
        const auto outcome = opening(endpoint);
        EXPECT_EQ(outcome.code, "name_not_resolved") << outcome;
        EXPECT_EQ(outcome.error->step, "resolve");
        EXPECT_THAT(outcome.error->message, HasSubstr("no-such-host.invalid"));
    }
}

TEST(BadInput, an_ssh_server_or_a_web_server_at_the_port_is_told_apart) {
    auto& ssh = Server::shared("openssh");
    auto endpoint = ssh.endpoint();
    endpoint.protocol = Protocol::ftp;
    endpoint.working_directory = "/";
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "protocol_error") << outcome;
    EXPECT_THAT(outcome.error->message, HasSubstr("SSH"));
}

}  // namespace
}  // namespace fairlead::test
