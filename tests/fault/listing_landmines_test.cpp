// Listings as servers really send them, through a whole session.
#include <fmt/chrono.h>

#include "fault/fault.hpp"

namespace fairlead::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A server without MLSD whose LIST sends `text`.
void lists(ScriptedFtp& server, std::string text) {
    server.features = {"SIZE", "MDTM"};
    server.on("MLSD", "500 no").on("MLST", "500 no");
    server.on("LIST", [text = std::move(text)](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(text);
        data.close();
        with.reply("226 done");
    });
}

void lists_machine_readably(ScriptedFtp& server, std::string text) {
    server.on("MLSD", [text = std::move(text)](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(text);
        data.close();
        with.reply("226 done");
    });
}

TEST(Landmine65, facts_in_any_case_and_order_and_names_with_leading_spaces) {
    ScriptedFtp server;
    lists_machine_readably(
        server,
        "Type=cdir;Modify=20260102030405; .\r\nTYPE=pdir; ..\r\nSIZE=5;tYpE=FILE;x.odd=1;  two spaces\r\n"
        "type=OS.unix=slink:/target;modify=20260102030405; link\r\nmodify=20260102030405;type=dir; d; e = "
        "f\r\n");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre(" two spaces", "d; e = f", "link"));
    for (const auto& entry : session.list("/")) {
        if (entry.name == "link") {
            EXPECT_EQ(entry.type, EntryType::symlink);
        }
        if (entry.name == " two spaces") {
            EXPECT_EQ(entry.size, 5u);
        }
    }
}

TEST(Landmine65, a_machine_listing_in_single_bytes) {
    ScriptedFtp server;
    server.on("MLSD", [](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        for (const char c : std::string("type=file;size=1; a\r\ntype=file;size=2; b\r\n"))
            data.write(std::string(1, c));
        data.close();
        with.reply("226 done");
    });
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a", "b"));
}

TEST(Landmine67, what_the_machine_listing_hides_is_seen_where_it_is_switched_off) {
    ScriptedFtp server;
    server.file("/plain", "x");
    server.on("LIST", [](FtpConversation& with, const std::string& argument) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        if (argument == "-a") data.write("-rw-r--r-- 1 o g 1 Aug 26  2025 .hidden\r\n");
        data.write(
            "lrwxrwxrwx 1 o g 5 Aug 26  2025 link -> plain\r\n-rw-r--r-- 1 o g 1 Aug 26  2025 plain\r\n");
        data.close();
        with.reply("226 done");
    });
    auto endpoint = server.endpoint();
    {
        Session session(endpoint);
        EXPECT_THAT(session.names("/"), ElementsAre("plain"));
    }
    endpoint.ftp.use_mlsd = false;
    {
        Session session(endpoint);
        EXPECT_THAT(session.names("/"), ElementsAre(".hidden", "link", "plain"));
    }
    endpoint.ftp.list_hidden = false;
    Session session(endpoint);
    EXPECT_THAT(session.names("/"), ElementsAre("link", "plain"));
}

TEST(Landmine68, all_column_variants_of_unix_and_lines_that_are_none) {
    ScriptedFtp server;
    lists(server,
          "total 12\r\n"
          "-rw-r--r--   1 owner    group         213 Aug 26  2025 plain\r\n"
          "-rw-r--r--   1 1000     1000          213 Aug 26 16:31 numeric\r\n"
          "-rw-r--r--   1 owner          213 Aug 26  2025 without group\r\n"
          "-rw-r--r--+  1 owner    group         213 Aug 26  2025 acl\r\n"
          "brw-rw----   1 root     disk       8,   0 Aug 26  2025 device\r\n"
          "lrwxrwxrwx   1 owner    group          11 Aug 26  2025 link -> target\r\n"
          "\r\n"
          "this is a banner and not an entry\r\n"
          "drwxr-xr-x   2 owner    group        4096 Aug 26  2025 d\r\n");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"),
                ElementsAre("acl", "d", "device", "link", "numeric", "plain", "without group"));
}

TEST(Landmine70, dos_listings) {
    ScriptedFtp server;
    lists(server,
          "12-28-25  09:00PM       <DIR>          a folder\r\n12-28-25  09:00PM             12345 a "
          "file.txt\r\n");
    server.on("SYST", "215 Windows_NT");
    Session session(server.endpoint());
    const auto entries = session.list("/");
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].type, EntryType::directory);
    EXPECT_EQ(entries[1].name, "a file.txt");
    EXPECT_EQ(entries[1].size, 12345u);
}

/// A line for a file of 5 bytes that LIST shows at this time, as a clock of UTC shows it.
std::string line_at(std::chrono::system_clock::time_point time, const std::string& name) {
    return fmt::format("-rw-r--r-- 1 o g 5 {:%b %e %H:%M} {}\r\n", fmt::gmtime(time), name);
}

TEST(Landmine77, the_zone_of_a_listing_is_found_out_by_mdtm_once) {
    const auto now = std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now());
    const auto told = now - std::chrono::hours(30);
    for (const auto offset :
         {std::chrono::minutes(180), std::chrono::minutes(-570), std::chrono::minutes(0)}) {
        ScriptedFtp server;
        lists(server, line_at(told + offset, "new") +
                          line_at(told + offset - std::chrono::hours(100), "older") +
                          "-rw-r--r-- 1 o g 5 Aug 26  2020 old\r\n");
        server.on("MDTM",
                  fmt::format("213 {:%Y%m%d%H%M%S}", fmt::gmtime(told + std::chrono::seconds(17))).c_str());
        auto endpoint = server.endpoint();
        endpoint.ftp.time_zone = "auto";
        Session session(endpoint);
        for (int i = 0; i < 2; ++i)
            for (const auto& entry : session.list("/")) {
                if (entry.name == "new") EXPECT_EQ(entry.modified, told) << offset.count();
                if (entry.name == "older") EXPECT_EQ(entry.modified, told - std::chrono::hours(100));
            }
        EXPECT_EQ(server.count("LIST"), 3u) << "one more, to find it out";
        EXPECT_THAT(server.commands(), testing::Contains("MDTM /new").Times(1));
    }
}

TEST(Landmine77, a_zone_that_mdtm_does_not_tell_is_utc_and_not_asked_for_ever) {
    const auto told = std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now()) - 30h;
    for (const auto* answer : {"500 no", "550 no", "213 20010203040506"}) {
        ScriptedFtp server;
        lists(server, line_at(told, "a"));
        server.on("MDTM", answer);
        auto endpoint = server.endpoint();
        endpoint.ftp.time_zone = "auto";
        Session session(endpoint);
        for (int i = 0; i < 6; ++i) {
            const auto entries = session.list("/");
            ASSERT_EQ(entries.size(), 1u);
            EXPECT_EQ(entries[0].modified, told) << answer;
        }
        EXPECT_LE(server.count("MDTM"), 3u) << answer;
    }
}

TEST(Landmine77, a_fixed_offset_holds_all_year) {
    ScriptedFtp server;
    lists(server, "-rw-r--r-- 1 o g 5 Aug 26  2020 summer\r\n-rw-r--r-- 1 o g 5 Jan 26  2020 winter\r\n");
    auto endpoint = server.endpoint();
    endpoint.ftp.time_zone = "-05:30";
    Session session(endpoint);
    for (const auto& entry : session.list("/")) {
        const auto day =
            std::chrono::sys_days(std::chrono::year(2020) / (entry.name == "summer" ? 8 : 1) / 26);
        EXPECT_EQ(entry.modified, Time(day + std::chrono::minutes(330))) << entry.name;
    }
}

TEST(Landmine79, a_server_that_takes_dash_a_for_a_name_is_listed_without_it) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.file("/a", "hello").on("MLSD", "500 no").on("MLST", "500 no");
    server.on("LIST", [](FtpConversation& with, const std::string& argument) {
        if (argument.starts_with("-a")) return with.reply("550 -a: no such file or directory");
        with.behave("LIST", argument);
    });
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a"));
    EXPECT_THAT(session.names("/"), ElementsAre("a"));
}

TEST(Landmine80, a_directory_with_spaces_is_listed_by_going_there) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.folder("/my folder").file("/my folder/a", "x").on("MLSD", "500 no").on("MLST", "500 no");
    server.on("LIST", [](FtpConversation& with, const std::string& argument) {
        if (argument.find("my folder") != std::string::npos) return with.reply("550 my: no such directory");
        with.behave("LIST", argument);
    });
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/my folder"), ElementsAre("a"));
}

TEST(Landmine82, a_directory_that_lists_itself_and_its_parent_is_not_walked_for_ever) {
    ScriptedFtp server;
    lists(server,
          "drwxr-xr-x 2 o g 4096 Aug 26  2025 .\r\ndrwxr-xr-x 2 o g 4096 Aug 26  2025 ..\r\n"
          "-rw-r--r-- 1 o g 5 Aug 26  2025 a\r\n");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a"));
}

TEST(Landmine83, names_that_would_leave_the_directory_are_never_handed_out) {
    ScriptedFtp server;
    lists_machine_readably(
        server,
        "type=file;size=1; ../../etc/passwd\r\ntype=file;size=1; /etc/passwd\r\ntype=file;size=1; ..\r\n"
        "type=file;size=1; good\r\n");
    Session session(server.endpoint());
    for (const auto& name : session.names("/")) {
        EXPECT_EQ(name.find('/'), std::string::npos) << name;
        EXPECT_NE(name, "..");
    }
    EXPECT_THAT(session.names("/"), testing::Contains("good"));
}

TEST(Landmine85, a_server_that_only_knows_nlst_gives_names) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.file("/a", "hello").file("/b", "x");
    server.on("MLSD", "500 no").on("MLST", "500 no").on("LIST", "502 no");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a", "b"));
    EXPECT_EQ(session.stat("/a").size, 5u);
}

TEST(Landmine134, a_listing_that_breaks_off_is_an_error_and_never_a_short_list) {
    for (const bool reset : {false, true}) {
        ScriptedFtp server;
        server.on("MLSD", [reset](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write("type=file;size=1; a\r\ntype=fi");
            reset ? data.reset() : data.close();
            with.reply("426 broken");
        });
        Session session(server.endpoint());
        EXPECT_NE(outcome_of([&] { session.list("/"); }).code, "no error");
    }
}

// Somebody in between cuts the connection, and the server has sent all of it already.
TEST(Landmine134, a_listing_that_ends_amid_a_line_is_an_error_though_the_server_says_226) {
    ScriptedFtp server;
    const std::string line = "-rw-r--r-- 1 o g 5 Aug 26  2025 file04.txt\r\n";
    lists(server, line + line.substr(0, line.size() - 4));
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.list("/"); });
    EXPECT_EQ(outcome.code, "incomplete") << outcome;
    EXPECT_TRUE(outcome.error->retryable());
    ScriptedFtp newer;
    lists_machine_readably(newer, "type=file;size=1; a\r\ntype=file;size=2; b");
    Session other(newer.endpoint());
    EXPECT_EQ(outcome_of([&] { other.list("/"); }).code, "incomplete");
    EXPECT_EQ(outcome_of([&] { other.ping(); }).code, "no error") << "the session is in step";
}

// Between two lines nothing can be seen of the cut; the server's last word tells, and Pure-FTPd's tells how many.
TEST(Landmine134, a_listing_that_ends_between_two_lines_is_whole_only_when_the_server_says_so) {
    const std::string line = "type=file;size=1; a\r\n";
    for (const char* last : {"426 broken", "451 local error", "226-Options: -l\r\n226 2 matches total", ""}) {
        ScriptedFtp server;
        server.on("MLSD", [&](FtpConversation& with, const std::string&) {
            with.reply("150 here it comes");
            auto data = with.open_data();
            data.write(line);
            data.close();
            *last != '\0' ? with.reply(last) : with.hang_up();
        });
        Session session(server.endpoint());
        const auto outcome = outcome_of([&] { session.list("/"); });
        EXPECT_NE(outcome.code, "no error") << last;
        EXPECT_TRUE(outcome.error && outcome.error->retryable()) << last;
    }
    ScriptedFtp server;
    server.on("MLSD", [&](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(line);
        data.close();
        with.reply("226-Options: -l\r\n226 1 matches total");
    });
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("a"));
}

TEST(Landmine134, a_listing_that_the_server_cuts_short_by_its_own_limit_is_an_error) {
    ScriptedFtp server;
    server.on("MLSD", [](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write("type=file;size=1; a\r\n");
        data.close();
        with.reply("226-Options: -a -l\r\n226-Output truncated to 1 matches\r\n226 1 matches total");
    });
    Session session(server.endpoint());
    const auto outcome = outcome_of([&] { session.list("/"); });
    EXPECT_EQ(outcome.code, "unsupported") << outcome;
    EXPECT_FALSE(outcome.error->retryable());
    EXPECT_EQ(outcome_of([&] { session.ping(); }).code, "no error") << "the session is in step";
}

TEST(Landmine134, the_listing_that_pure_ftpd_cuts_short_is_an_error_and_one_at_its_limit_is_not) {
    const Server server("pure-ftpd", {"list_limit=6"});  // it counts "." and ".."
    Session session(server.endpoint());
    for (const char* name : {"/a", "/b", "/c", "/d"})
        session.write(name, "x");
    const auto whole = outcome_of([&] { session.list("/"); });
    EXPECT_THAT(whole.code, testing::AnyOf("no error", "unsupported")) << whole;
    session.write("/e", "x");
    const auto outcome = outcome_of([&] { session.list("/"); });
    EXPECT_EQ(outcome.code, "unsupported") << outcome;
    EXPECT_THAT(outcome.error->hint, testing::HasSubstr("LimitRecursion"));
    session.remove("/e");
    session.remove("/d");
    EXPECT_THAT(session.names("/"), ElementsAre("a", "b", "c"));
}

TEST(Listings, of_an_empty_directory_that_a_server_answers_with_550) {
    ScriptedFtp server;
    server.features = {"SIZE", "MDTM"};
    server.on("MLSD", "500 no").on("MLST", "500 no").on("LIST", "550 No files found");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), IsEmpty());
}

}  // namespace
}  // namespace fairlead::test
