#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "ftp/listing/matches.hpp"
#include "ftp_listing_support.hpp"

namespace fairlead::ftp {
namespace {

TEST(FtpListing, comes_out_the_same_however_it_is_cut) {
    std::string text = "total 3\r\n";
    for (int i = 0; i < 40; ++i)
        text += "-rw-r--r-- 1 anna staff " + std::to_string(i) + " Mar  1 09:30 file " + std::to_string(i) +
                " \r\n";
    const auto whole = list(text);
    ASSERT_EQ(whole.entries.size(), 40u);
    for (const std::size_t step : {1, 3, 7, 64}) {
        ListOptions options;
        options.now = april();
        ListParser parser(options);
        std::vector<Entry> entries;
        for (std::size_t at = 0; at < text.size(); at += step) {
            parser.feed(std::string_view(text).substr(at, step));
            for (auto& entry : parser.take_batch())
                entries.push_back(std::move(entry));
        }
        parser.finish();
        for (auto& entry : parser.take_batch())
            entries.push_back(std::move(entry));
        ASSERT_EQ(entries.size(), whole.entries.size());
        for (std::size_t i = 0; i < entries.size(); ++i)
            EXPECT_EQ(shown(entries[i]), shown(whole.entries[i]));
    }
}

TEST(FtpListing, a_line_beyond_the_limit_is_counted_and_the_next_one_is_whole) {
    ListOptions options;
    options.line_limit = 100;
    const auto listed = list("-rw-r--r-- 1 a b 7 Mar  1 09:30 " + std::string(500, 'x') +
                                 "\r\n-rw-r--r-- 1 a b 7 Mar  1 09:30 next\r\n",
                             options);
    ASSERT_EQ(listed.entries.size(), 1u);
    EXPECT_EQ(listed.entries[0].name, "next");
    EXPECT_EQ(listed.skipped, 1u);
}

TEST(FtpListing, text_that_no_dialect_understands_is_counted_line_by_line) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "This is no listing, " + std::to_string(i) + " times.\r\n";
    const auto listed = list(text);
    EXPECT_EQ(listed.entries.size(), 0u);
    EXPECT_EQ(listed.skipped, 1000u);
    EXPECT_EQ(listed.dialect, ListDialect::unknown);
}

TEST(FtpListing, an_unknown_time_zone_is_refused) {
    ListOptions options;
    options.time_zone = "Nowhere/Here";
    EXPECT_THROW(ListParser{options}, Error);
}

TEST(FtpListing, landmine_7_without_syst_the_listing_itself_tells_the_dialect) {
    const std::pair<const char*, ListDialect> samples[] = {
        {"-rw-r--r-- 1 a b 7 Mar  1 09:30 n\n", ListDialect::unix_},
        {"03-01-26  09:30AM       <DIR>          in\n", ListDialect::dos},
        {"Directory DISK:[A]\n\nA.TXT;1   1/2   1-MAR-2026 09:30  [A,B] (RWED,RWED,RE,)\n", ListDialect::vms},
        {"QSYS            77824 03/01/26 15:09:55 *DIR       QOpenSys/\n", ListDialect::os400},
        {"Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\n", ListDialect::zos},
        {"d [RWCEAFMS] Admin 512 Jan 16 18:53    login\n", ListDialect::netware},
        {"+i8388621.48594,m825718503,r,s280,\tdjb.html\n", ListDialect::eplf},
        {"-------r--         326  1391972  1392298 Nov 22  1995 MegaPhone.sit\n", ListDialect::macos},
        {"File         Code             EOF  Last Modification    Owner  RWEP\n", ListDialect::nonstop},
        {"type=file;size=1; a\n", ListDialect::mlsd},
        {"total 0\n", ListDialect::unix_},
    };
    for (const auto& [text, dialect] : samples)
        EXPECT_EQ(to_string(list(text).dialect), to_string(dialect)) << text;
}

TEST(FtpListing, what_syst_says) {
    EXPECT_EQ(dialect_for_system("UNIX Type: L8"), ListDialect::unix_);
    EXPECT_EQ(dialect_for_system("Windows_NT"), ListDialect::dos);
    EXPECT_EQ(dialect_for_system("VMS OpenVMS V8.4"), ListDialect::vms);
    EXPECT_EQ(dialect_for_system(" OS/400 is the remote operating system."), ListDialect::os400);
    EXPECT_EQ(dialect_for_system("MVS is the operating system of this server."), ListDialect::zos);
    EXPECT_EQ(dialect_for_system(""), ListDialect::unknown);
}

TEST(FtpMlsdListing, landmine_65_facts_in_any_case_and_names_exact) {
    const auto listed = list_as(ListDialect::mlsd,
                                "Type=cdir;Modify=20260301093012; .\r\n"
                                "type=pdir;modify=20260301093012; ..\r\n"
                                "TYPE=File;SIZE=17;Modify=20260301093012.250;UNIX.mode=0644;UNIX.owner=1000;"
                                "UNIX.ownername=anna;UNIX.groupname=staff;X.new=1;  two words \r\n"
                                "type=dir;sizd=4096;unix.owner=1;unix.group=2; in\r\n"
                                "type=OS.unix=slink:/srv/a b;size=3; link name\r\n"
                                "type=OS.unix=symlink;size=3; other\r\n"
                                "type=OS.unix=blkdev; dev\r\n"
                                "size=5; untyped\r\n");
    std::vector<std::string> lines;
    for (const auto& entry : listed.entries)
        lines.push_back(shown(entry));
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "- 17 2026-03-01T09:30:12.250Z/millisecond 644 anna:staff  two words ",
                         "d 4096 ? ? 1:2 in",
                         "l 3 ? ? ?:? link name -> /srv/a b",
                         "l 3 ? ? ?:? other",
                         "? ? ? ? ?:? dev",
                         "- 5 ? ? ?:? untyped",
                     }));
    EXPECT_EQ(listed.skipped, 0u);
}

TEST(FtpMlsdListing, landmine_65_bad_lines_are_counted_and_never_fatal) {
    const auto listed = list_as(ListDialect::mlsd,
                                "no facts at all\r\n"
                                "type=file;size=1;\r\n"
                                "type=file; ../x\r\n"
                                "type=file; \r\n"
                                "type=file;size=huge;modify=never; kept\r\n");
    ASSERT_EQ(listed.entries.size(), 1u);
    EXPECT_EQ(shown(listed.entries[0]), "- ? ? ? ?:? kept");
    EXPECT_EQ(listed.skipped, 4u);
}

TEST(FtpMlsdListing, mlst_tells_of_one_path) {
    EXPECT_EQ(shown(*parse_mlst_line(" Type=file;Size=5;Modify=20260301093012; /in/a b.txt")),
              "- 5 2026-03-01T09:30:12Z/second ? ?:? a b.txt");
    EXPECT_EQ(shown(*parse_mlst_line("250-type=dir; /in/")), "d ? ? ? ?:? in");
    EXPECT_EQ(parse_mlst_line(" type=cdir; /")->type, EntryType::directory);
    EXPECT_FALSE(parse_mlst_line("End").has_value());
}

TEST(FtpNlstListing, landmine_85_names_without_facts_and_paths_reduced_to_their_last_part) {
    const auto listed = list_as(ListDialect::nlst,
                                "a.txt\r\n./b\r\n/in/c d\r\n lead\r\nsub/\r\n.\r\n..\r\nin/..\r\n"
                                "ls: x: No such file or directory\r\n\r\n");
    std::vector<std::string> names;
    for (const auto& entry : listed.entries)
        names.push_back(entry.name);
    EXPECT_EQ(names, (std::vector<std::string>{"a.txt", "b", "c d", " lead", "sub"}));
    EXPECT_EQ(listed.entries[4].type, EntryType::directory);
    EXPECT_FALSE(listed.entries[0].size.has_value());
    EXPECT_EQ(listed.skipped, 1u);
}

TEST(FtpDosListing, iis_in_its_varieties) {
    EXPECT_EQ(one("03-01-26  09:30AM       <DIR>          in"), "d ? 2026-03-01T09:30:00Z/minute ? ?:? in");
    EXPECT_EQ(one("03-01-26  09:30PM              1048576 a b.txt"),
              "- 1048576 2026-03-01T21:30:00Z/minute ? ?:? a b.txt");
    EXPECT_EQ(one("03-01-2026  12:05AM                    7 n"), "- 7 2026-03-01T00:05:00Z/minute ? ?:? n");
    EXPECT_EQ(one("2026-03-01  21:30                  1,234 n"),
              "- 1234 2026-03-01T21:30:00Z/minute ? ?:? n");
    EXPECT_EQ(one("25.12.2025  09:30    <DIR>          n"), "d ? 2025-12-25T09:30:00Z/minute ? ?:? n");
    EXPECT_EQ(one("03/01/2026  09:30 PM    <JUNCTION>     link [C:\\target]"),
              "l ? 2026-03-01T21:30:00Z/minute ? ?:? link -> C:\\target");
    EXPECT_EQ(one("03-01-98  09:30AM                    7 old"), "- 7 1998-03-01T09:30:00Z/minute ? ?:? old");
    EXPECT_EQ(list("03-01-26  09:30AM       <DIR>            two\n").entries.at(0).name, "  two");
    EXPECT_EQ(list("03-01-26  09:30AM                    7  one \n").entries.at(0).name, " one ");
}

TEST(FtpDosListing, os2) {
    EXPECT_EQ(one("     0           DIR   03-01-26   09:30  IBM"),
              "d ? 2026-03-01T09:30:00Z/minute ? ?:? IBM");
    EXPECT_EQ(one("   612      A          03-01-26   09:30  a.txt"),
              "- 612 2026-03-01T09:30:00Z/minute ? ?:? a.txt");
}

TEST(FtpVmsListing, entries_of_one_and_more_lines_versions_and_directories) {
    const auto listed = list(
        "\r\n"
        "Directory DISK$USER:[TEST]\r\n"
        "\r\n"
        "README.TXT;2                  5/6        1-MAR-2026 09:30:12  [STAFF,ANNA]   (RWED,RWED,RE,)\r\n"
        "README.TXT;1                  5/6       28-FEB-2026 09:30:12  [STAFF,ANNA]   (RWED,RWED,RE,)\r\n"
        "A_VERY_LONG_NAME_INDEED_FOR_A_FILE.DAT;1\r\n"
        "                            120/124     28-FEB-2026 23:59  [ANNA]  (RWED,RWED,,)\r\n"
        "SUB.DIR;1                     1/2       31-DEC-2025 00:00:00.00  [1,2]\r\n"
        "                                         (RWE,RWE,RE,RE)\r\n"
        "LOCKED.DAT;3  %RMS-E-PRV, insufficient privilege or file protection violation\r\n"
        "\r\n"
        "Total of 4 files, 131/138 blocks.\r\n");
    std::vector<std::string> lines;
    for (const auto& entry : listed.entries)
        lines.push_back(shown(entry));
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "- ? 2026-03-01T09:30:12Z/second 750 ANNA:STAFF README.TXT",
                         "- ? 2026-02-28T23:59:00Z/minute 700 ANNA:? A_VERY_LONG_NAME_INDEED_FOR_A_FILE.DAT",
                         "d ? 2025-12-31T00:00:00Z/second ? 2:1 SUB",
                         "- ? ? ? ?:? LOCKED.DAT",
                     }));
    EXPECT_EQ(listed.skipped, 0u);
}

TEST(FtpOs400Listing, landmine_70_objects_members_and_names_with_blanks) {
    const auto listed = list(
        "QSYS            77824 02/23/00 15:09:55 *DIR       QOpenSys/\r\n"
        "ANNA             2048 03/01/26 09:30:12 *STMF      a file  with blanks.txt \r\n"
        "ANNA            36864 03/01/26 09:30:12 *FILE      ORDERS.FILE\r\n"
        "ANNA                                    *MEM       ORDERS.FILE/JUNE.MBR\r\n"
        "ANNA            52224 03/01/26 09:30:12 *FILE      LIB.FILE/\r\n"
        "ANNA             1000 25.12.25 09:30:12 *STMF      xmas\r\n"
        "ANNA             1000 01.03.26 09:30:12 *STMF      after\r\n");
    std::vector<std::string> lines;
    for (const auto& entry : listed.entries)
        lines.push_back(shown(entry));
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "d 77824 2000-02-23T15:09:55Z/second ? QSYS:? QOpenSys",
                         "- 2048 2026-03-01T09:30:12Z/second ? ANNA:? a file  with blanks.txt ",
                         "- 36864 2026-03-01T09:30:12Z/second ? ANNA:? ORDERS.FILE",
                         "- ? ? ? ANNA:? JUNE.MBR",
                         "d 52224 2026-03-01T09:30:12Z/second ? ANNA:? LIB.FILE",
                         "- 1000 2025-12-25T09:30:12Z/second ? ANNA:? xmas",
                         "- 1000 2026-03-01T09:30:12Z/second ? ANNA:? after",
                     }));
}

TEST(FtpZosListing, landmine_71_data_sets) {
    const auto listed = list(
        "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\n"
        "STG001 3390   2026/03/01  1    1  VB   32756 32760  PO  ANNA.SOURCE\r\n"
        "STG001 3390   2026/03/01  1   15  FB      80 27920  PS  ANNA.DATA\r\n"
        "STG001 3390   **NONE**    1   15  FB      80 27920  PO-E ANNA.LIBE\r\n"
        "STG002 3390   2026/03/01                            VSAM ANNA.KSDS\r\n"
        "Migrated                                                ANNA.OLD\r\n"
        "ARCIVE Not Direct Access Device                          ANNA.TAPE\r\n"
        "Pseudo Directory                                         ANNA.SUB\r\n"
        "complete nonsense here\r\n");
    std::string kinds;
    for (const auto& entry : listed.entries)
        kinds += shown(entry).substr(0, 1) + entry.name + " ";
    EXPECT_EQ(kinds, "dANNA.SOURCE -ANNA.DATA dANNA.LIBE ?ANNA.KSDS -ANNA.OLD -ANNA.TAPE dANNA.SUB ");
    EXPECT_EQ(listed.skipped, 1u);
}

TEST(FtpZosListing, landmine_71_members_load_modules_and_jobs) {
    auto listed = list(
        " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\n"
        "MEMBER1   01.03 2025/09/12 2026/03/01 09:37    11    11     0 KIL001\r\n"
        "BARE\r\n");
    ASSERT_EQ(listed.entries.size(), 2u);
    EXPECT_EQ(shown(listed.entries[0]), "- ? 2026-03-01T09:37:00Z/minute ? KIL001:? MEMBER1");
    EXPECT_EQ(shown(listed.entries[1]), "- ? ? ? ?:? BARE");
    listed = list(
        " Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode\r\n"
        "EAGKCPT   000058   000009          00 FO             RN RU            31    ANY\r\n");
    ASSERT_EQ(listed.entries.size(), 1u);
    EXPECT_EQ(listed.entries[0].name, "EAGKCPT");
    listed = list(
        "JOBNAME  JOBID    OWNER    STATUS CLASS\r\n"
        "ANNA1    JOB01906 ANNA     OUTPUT A        RC=0000  3 spool files\r\n");
    ASSERT_EQ(listed.entries.size(), 1u);
    EXPECT_EQ(listed.entries[0].name, "JOB01906");
}

TEST(FtpListing, landmine_73_eplf_netware_mac_os_and_nonstop) {
    EXPECT_EQ(one("+i8388621.48594,m825718503,r,s280,up644,\t djb.html "),
              "- 280 1996-03-01T22:15:03Z/second 644 ?:?  djb.html ");
    EXPECT_EQ(one("+i8388621.50690,m824255907,/,\t514"), "d ? 1996-02-13T23:58:27Z/second ? ?:? 514");
    EXPECT_EQ(one("d [RWCEAFMS] Admin            512 Jan 16 18:53    login"),
              "d 512 2026-01-16T18:53:00Z/minute ? Admin:? login");
    EXPECT_EQ(one("-[RWCEAFMS] Admin            512 Jan 16  2004 a b"),
              "- 512 2004-01-16T00:00:00Z/day ? Admin:? a b");
    EXPECT_EQ(one("-------r--         326  1391972  1392298 Nov 22  1995 MegaPhone.sit"),
              "- ? 1995-11-22T00:00:00Z/day 4 ?:? MegaPhone.sit");
    EXPECT_EQ(one("drwxrwxr-x               folder        2 May 10  1996 network"),
              "d ? 1996-05-10T00:00:00Z/day 775 ?:? network");
    const auto nonstop = list(
        "File         Code             EOF  Last Modification    Owner  RWEP\r\n"
        "IARPTS        101           16354  15-Mar-26 18:23:20  255,255 \"oooo\"\r\n"
        "BAK1O         0+               10  15-Mar-26 18:23:20  176, 50 \"nnnn\"\r\n");
    ASSERT_EQ(nonstop.entries.size(), 2u);
    EXPECT_EQ(shown(nonstop.entries[0]), "- 16354 2026-03-15T18:23:20Z/second ? 255,255:? IARPTS");
    EXPECT_EQ(shown(nonstop.entries[1]), "- 10 2026-03-15T18:23:20Z/second ? 176, 50:? BAK1O");
}

TEST(FtpListing, what_pure_ftpd_says_of_its_listings) {
    EXPECT_EQ(matches_in("Options: -a -l 12 matches total").sent, 12u);
    EXPECT_FALSE(matches_in("Options: -a -l 12 matches total").truncated);
    EXPECT_TRUE(matches_in("Output truncated to 2000 matches 2000 matches total").truncated);
    EXPECT_EQ(matches_in("Output truncated to 2000 matches 2000 matches total").sent, 2000u);
    for (const auto* words : {"Transfer complete.", "matches total", "99999999999999999999999 matches total", ""})
        EXPECT_EQ(matches_in(words).sent, std::nullopt) << words;
}

}  // namespace
}  // namespace fairlead::ftp
