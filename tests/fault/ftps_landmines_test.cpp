// Servers and attackers that bend the rules of FTP over TLS.
#include "fault/fault.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using Tls = ScriptedFtp::Tls;

TEST(Landmine50, every_data_connection_resumes_the_control_connections_session) {
    for (const int version : {12, 13}) {
        ScriptedFtp server(Tls::explicit_, "server", version);
        server.file("/a", "hello");
        Session session(server.endpoint());
        for (int i = 0; i < 10; ++i)
            ASSERT_EQ(session.read("/a"), "hello") << "TLS 1." << version - 10 << ", file " << i;
        EXPECT_EQ(server.resumed_data_connections(), 10u) << "TLS 1." << version - 10;
        session.close();
    }
}

TEST(Landmine50, vsftpd_and_proftpd_that_demand_it_are_satisfied_under_both_versions) {
    for (const auto* script : {"vsftpd", "proftpd"}) {
        for (const auto* version : {"tls_version=1.2", "tls_version=1.3"}) {
            auto& server = Server::shared(script, {"tls=explicit", "require_reuse=yes", version});
            write_file(server.root() / "a", "hello");
            Session session(server.endpoint());
            const auto content = noise(2'000'000);
            for (int i = 0; i < 5; ++i) {
                ASSERT_EQ(session.read("/a"), "hello") << script << " " << version;
                session.write("/up", content);
                ASSERT_TRUE(read_file(server.root() / "up") == content) << script << " " << version;
            }
            session.close();
        }
    }
}

TEST(Landmine52, a_server_that_did_not_get_its_resumption_is_named_as_the_cause) {
    for (const auto* refusal :
         {"522 SSL connection failed: session reuse required",
          "425 Unable to build data connection: TLS session of data connection not resumed."}) {
        ScriptedFtp server(Tls::explicit_);
        server.file("/a", "hello").on("RETR", refusal);
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] { session.read("/a"); });
        EXPECT_EQ(outcome.code, "tls_failed") << outcome;
        EXPECT_THAT(outcome.error->message + outcome.error->hint,
                    AnyOf(HasSubstr("resum"), HasSubstr("session")))
            << outcome;
    }
}

TEST(Landmine53, a_download_without_close_notify_is_judged_by_its_size) {
    const auto content = noise(50'000);
    for (const std::size_t sent : {std::size_t{50'000}, std::size_t{30'000}}) {
        ScriptedFtp server(Tls::explicit_);
        server.file("/a", content);
        server.on("RETR", [&content, sent](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write(std::string_view(content).substr(0, sent));
            data.close_without_notify();
            with.reply("226 done");
        });
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] { EXPECT_TRUE(session.read("/a") == content); });
        EXPECT_EQ(outcome.code, sent == content.size() ? "no error" : "incomplete") << outcome;
        auto strict = server.endpoint();
        strict.tls.require_close_notify = true;
        Session careful(strict);
        EXPECT_EQ(outcome_of([&] { careful.read("/a"); }).code, "incomplete");
    }
}

TEST(Landmine55, an_upload_ends_with_close_notify_and_no_byte_is_lost) {
    for (const int version : {12, 13}) {
        ScriptedFtp server(Tls::explicit_, "server", version);
        bool announced = false;
        std::size_t got = 0;
        server.on("STOR", [&](FtpConversation& with, const std::string&) {
            with.reply("150 send it");
            auto data = with.open_data();
            got = data.read_all().size();
            announced = data.got_close_notify();
            data.close();
            with.reply("226 stored");
        });
        Session session(server.endpoint());
        session.write("/a", noise(4'000'000));
        EXPECT_EQ(got, 4'000'000u);
        EXPECT_TRUE(announced);
    }
}

TEST(Landmine56, bytes_in_clear_after_the_234_are_never_read_as_replies) {
    ScriptedFtp server(Tls::explicit_);
    server.on("AUTH", [](FtpConversation& with, const std::string&) {
        with.control.write("234 go on\r\n230 you are logged in\r\n");
        with.control.wait_for_close();
        with.hang_up();
    });
    const auto outcome = opening(server.endpoint());
    EXPECT_THAT(outcome.code, AnyOf("tls_failed", "protocol_error")) << outcome;
    EXPECT_EQ(server.count("PASS") + server.count("USER"), 0u);
}

TEST(Landmine58, auth_is_sent_even_when_feat_hides_it_and_a_refusal_ends_it_before_any_credential) {
    for (const auto* refusal :
         {"500 what?", "502 not implemented", "504 not that", "530 log in first", "431 no"}) {
        ScriptedFtp server(Tls::explicit_);
        server.on("AUTH", refusal);
        const auto outcome = opening(server.endpoint());
        EXPECT_EQ(outcome.code, "tls_failed") << refusal << ": " << outcome;
        EXPECT_GE(server.count("AUTH"), 1u);
        EXPECT_EQ(server.count("PASS") + server.count("USER"), 0u) << refusal;
    }
}

TEST(Landmine59, a_refused_prot_p_ends_the_session_unless_clear_data_was_allowed) {
    ScriptedFtp server(Tls::explicit_);
    server.file("/a", "hello");
    server.on("PROT", [](FtpConversation& with, const std::string& level) {
        if (level == "P") return with.reply("536 only C");
        with.behave("PROT", level);
    });
    const auto outcome = opening(server.endpoint());
    EXPECT_EQ(outcome.code, "tls_failed") << outcome;
    auto endpoint = server.endpoint();
    endpoint.tls.protect_data = false;
    Session session(endpoint);
    EXPECT_EQ(session.read("/a"), "hello");
}

TEST(Landmine64, a_server_with_nothing_but_tls_1_0_is_used_only_where_the_connection_says_so) {
    ScriptedFtp server(Tls::explicit_, "server", 10);
    server.file("/a", "hello");
    auto endpoint = server.endpoint();
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "tls_failed") << outcome;
    EXPECT_THAT(outcome.error->hint, HasSubstr("TLS1.0")) << outcome;
    EXPECT_EQ(server.count("PASS"), 0u);
    endpoint.tls.lowest = endpoint.tls.highest = TlsOptions::Version::tls_1_0;
    Session session(endpoint);
    EXPECT_EQ(session.read("/a"), "hello");
    session.write("/b", noise(100'000));
    EXPECT_TRUE(server.content("/b") == noise(100'000));
}

TEST(Landmine61, a_server_that_speaks_only_too_old_tls_is_refused_with_a_clear_error) {
    ScriptedFtp server(Tls::explicit_, "server", 12);
    auto endpoint = server.endpoint();
    endpoint.tls.lowest = TlsOptions::Version::tls_1_3;
    const auto outcome = opening(endpoint);
    EXPECT_EQ(outcome.code, "tls_failed") << outcome;
    EXPECT_EQ(server.count("PASS"), 0u);
}

TEST(Landmine61, a_client_certificate_is_shown_where_the_server_demands_one) {
    auto& server = Server::shared("proftpd", {"tls=explicit", "client_certificate=yes"});
    auto endpoint = server.endpoint();
    const auto refused = opening(endpoint);
    EXPECT_THAT(refused.code, AnyOf("tls_failed", "connection_lost")) << refused;
    endpoint.tls.certificate = read_file(server["client_certificate"]);
    endpoint.tls.key = Secret(read_file(server["client_key"]));
    EXPECT_EQ(opening(endpoint).code, "no error");
}

TEST(Landmine62, a_data_connection_with_another_certificate_is_refused) {
    ScriptedFtp server(Tls::explicit_);
    const TlsIdentity other("self-signed");
    server.file("/a", "secret");
    server.on("RETR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        with.protect_data = false;
        auto data = with.open_data();
        data.start_tls(other);
        data.write("forged");
        data.close();
        with.reply("226 done");
    });
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.read("/a"); });
    EXPECT_EQ(outcome.code, "certificate_untrusted") << outcome;
}

}  // namespace
}  // namespace fairlead::test
