// Handles of the library on real servers, as automation tools use them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fairlead/handle.hpp>
#include <filesystem>

#include "base/run_together.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

template <class Call>
ErrorCode code_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code;
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::internal;
}

std::vector<std::string> actions(const HandleResult& result) {
    std::vector<std::string> all;
    for (const auto& file : result.files)
        all.push_back(fs::path(file.target).filename().string() + ":" + file.action);
    return all;
}

/// The server's user may do with it what it likes, whoever made it.
void place_file(const fs::path& path, std::string_view content) {
    write_file(path, content);
    fs::permissions(path, fs::perms::all);
}
void place_folder(const fs::path& path) {
    if (fs::exists(path)) return;
    place_folder(path.parent_path());
    fs::create_directory(path);
    fs::permissions(path, fs::perms::all);
}

/// On vsftpd and OpenSSH, in a folder of its own.
class HandleTest : public ::testing::TestWithParam<const char*> {
  protected:
    HandleTest() : server_(Server::shared(GetParam())), handle_(server_.endpoint()) {
        static int count = 0;
        folder_ = "handle" + std::to_string(++count);
        handle_.make_directory("/" + folder_);
        handle_.change_directory(folder_);
    }
    fs::path there(const std::string& path) const { return server_.root() / folder_ / path; }

    Server& server_;
    BlockingHandle handle_;
    std::string folder_;
    TemporaryFolder here_;
};

TEST_P(HandleTest, keeps_its_directory_to_which_relative_paths_belong) {
    EXPECT_THAT(handle_.make_directory("a/b"), ElementsAre("/" + folder_ + "/a", "/" + folder_ + "/a/b"));
    handle_.change_directory("a");
    EXPECT_THAT(handle_.list().directories, ElementsAre("/" + folder_ + "/a/b"));
    EXPECT_EQ(code_of([&] { handle_.change_directory("missing"); }), ErrorCode::not_found);
    EXPECT_EQ(handle_.directory(), "/" + folder_ + "/a");
    ASSERT_TRUE(handle_.last_error());
    EXPECT_EQ(handle_.last_error()->code, ErrorCode::not_found);
    handle_.change_directory("..");
    EXPECT_FALSE(handle_.last_error());
    EXPECT_TRUE(handle_.directory_exists("a/b"));
    EXPECT_FALSE(handle_.file_exists("a/b"));
    EXPECT_EQ(code_of([&] { handle_.make_directory("a/b"); }), ErrorCode::already_exists);
    EXPECT_EQ(code_of([&] { handle_.list("missing"); }), ErrorCode::not_found);
    EXPECT_EQ(code_of([&] { handle_.change_directory("../.."); }), ErrorCode::outside_working_directory);
}

TEST_P(HandleTest, downloads_by_name_and_pattern_and_says_what_became_of_each) {
    place_file(there("2025_a_sales.xlsx"), "a");
    place_file(there("2025_b_sales.xlsx"), "bb");
    place_file(there("2026_a_sales.xlsx"), "c");
    const auto into = here_.path().string();
    auto result = handle_.download_files({"2025_*_sales.xlsx"}, into);
    EXPECT_THAT(actions(result),
                UnorderedElementsAre("2025_a_sales.xlsx:transferred", "2025_b_sales.xlsx:transferred"));
    EXPECT_EQ(read_file(here_ / "2025_b_sales.xlsx"), "bb");
    HandleTransferOptions rename;
    rename.if_exists = "rename";
    for (const auto* name : {"2025_a_sales_1.xlsx", "2025_a_sales_2.xlsx"}) {
        result = handle_.download_files({"2025_a_sales.xlsx"}, into, rename);
        EXPECT_THAT(actions(result), ElementsAre(std::string(name) + ":renamed"));
        EXPECT_EQ(read_file(here_ / name), "a");
    }
    HandleTransferOptions skip;
    skip.if_exists = "skip";
    EXPECT_THAT(actions(handle_.download_files({"2025_a_sales.xlsx"}, into, skip)),
                ElementsAre("2025_a_sales.xlsx:skipped"));
    // One that is missing is named; the others arrive.
    try {
        handle_.download_files({"2025_a_sales.xlsx", "missing.txt", "2026_a_sales.xlsx"}, into);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::not_found);
        EXPECT_EQ(error.path, "missing.txt");
    }
    EXPECT_EQ(handle_.last_result().files.size(), 2u);
    EXPECT_EQ(code_of([&] { handle_.download_files({"*.pdf"}, into); }), ErrorCode::not_found);
    HandleTransferOptions relaxed;
    relaxed.allow_empty = true;
    EXPECT_THAT(handle_.download_files({"*.pdf"}, into, relaxed).files, IsEmpty());
    EXPECT_EQ(code_of([&] { handle_.download_files({"2025_a_sales.xlsx"}, into + "/missing"); }),
              ErrorCode::not_found);
}

TEST_P(HandleTest, uploads_files_and_folders) {
    fs::create_directories(here_ / "project/sub/empty");
    write_file(here_ / "project/a.csv", "1");
    write_file(here_ / "project/sub/b.csv", "22");
    const auto project = (here_ / "project").string();
    handle_.upload_files({project + "/*.csv"});
    EXPECT_EQ(read_file(there("a.csv")), "1");
    HandleTransferOptions rename;
    rename.if_exists = "rename";
    EXPECT_THAT(actions(handle_.upload_files({project + "/a.csv"}, "", rename)),
                ElementsAre("a_1.csv:renamed"));
    EXPECT_EQ(read_file(there("a_1.csv")), "1");
    EXPECT_EQ(code_of([&] { handle_.upload_files({project + "/a.csv"}, "missing"); }), ErrorCode::not_found);
    EXPECT_EQ(code_of([&] { handle_.upload_files({project + "/nothing.csv"}); }), ErrorCode::not_found);
    handle_.make_directory("contents");
    handle_.upload_folders({project}, "contents");
    EXPECT_EQ(read_file(there("contents/sub/b.csv")), "22");
    EXPECT_TRUE(fs::is_directory(there("contents/sub/empty")));
    handle_.upload_folders({project}, "", false);
    EXPECT_EQ(read_file(there("project/sub/b.csv")), "22");
    fs::create_directories(here_ / "back");
    handle_.download_folders({"project"}, (here_ / "back").string());
    EXPECT_EQ(read_file(here_ / "back/project/sub/b.csv"), "22");
    EXPECT_TRUE(fs::is_directory(here_ / "back/project/sub/empty"));
}

TEST_P(HandleTest, renames_moves_and_removes) {
    place_file(there("old.txt"), "x");
    place_folder(there("sub/deep"));
    place_file(there("sub/deep/y"), "y");
    EXPECT_EQ(handle_.rename("old.txt", "new.txt"), "/" + folder_ + "/new.txt");
    EXPECT_EQ(handle_.rename("new.txt", "sub/new.txt"), "/" + folder_ + "/sub/new.txt");
    EXPECT_TRUE(fs::exists(there("sub/new.txt")));
    EXPECT_EQ(code_of([&] { handle_.rename("sub/new.txt", "missing/new.txt"); }), ErrorCode::not_found);
    EXPECT_TRUE(fs::exists(there("sub/new.txt")));
    EXPECT_EQ(code_of([&] { handle_.remove_files({"missing", "sub/new.txt"}); }), ErrorCode::not_found);
    EXPECT_FALSE(fs::exists(there("sub/new.txt")));
    // A link in a tree goes; what it leads to stays.
    place_folder(there("outside"));
    place_file(there("outside/kept"), "k");
    fs::create_directory_symlink(there("outside"), there("sub/link"));
    handle_.remove_directory("sub");
    EXPECT_FALSE(fs::exists(there("sub")));
    EXPECT_TRUE(fs::exists(there("outside/kept")));
}

TEST_P(HandleTest, synchronizes_one_way_and_says_what_changed) {
    place_file(there("a.txt"), "a");
    place_file(there("b.pdf"), "b");
    place_file(there("c.log"), "c");
    write_file(here_ / "kept.log", "not of the source, not of the filter");
    write_file(here_ / "gone.txt", "not of the source");
    SynchronizeOptions options;
    options.local = here_.path().string();
    options.which = SynchronizeOptions::Which::matching;
    options.filter = "*.txt, *.pdf";
    options.remove = true;
    const auto first = handle_.synchronize(options);
    EXPECT_EQ(first.added.size(), 2u);
    EXPECT_EQ(first.removed.size(), 1u);
    EXPECT_TRUE(fs::exists(here_ / "kept.log"));
    EXPECT_FALSE(fs::exists(here_ / "gone.txt"));
    EXPECT_FALSE(fs::exists(here_ / "c.log"));
    const auto second = handle_.synchronize(options);
    EXPECT_THAT(second.added, IsEmpty());
    EXPECT_THAT(second.modified, IsEmpty());
    EXPECT_THAT(second.removed, IsEmpty());
    place_file(there("a.txt"), "changed");
    EXPECT_EQ(handle_.synchronize(options).modified.size(), 1u);
    SynchronizeOptions up;
    up.upload = true;
    up.local = options.local;
    up.remote = "";
    EXPECT_EQ(handle_.synchronize(up).added.size(), 1u);
    EXPECT_TRUE(fs::exists(there("kept.log")));
}

TEST_P(HandleTest, is_closed_once) {
    handle_.close();
    EXPECT_EQ(code_of([&] { handle_.list(); }), ErrorCode::conflict);
    EXPECT_EQ(code_of([&] { handle_.close(); }), ErrorCode::conflict);
}

INSTANTIATE_TEST_SUITE_P(Servers, HandleTest, ::testing::Values("vsftpd", "openssh"));

TEST(HandleCommand, checks_the_reply_code) {
    ScriptedFtp server;
    server.on("SITE", "211 as you wish");
    BlockingHandle handle(server.endpoint());
    EXPECT_EQ(handle.command("SITE IDLE", "211").code, 211);
    EXPECT_EQ(handle.command("SITE IDLE").code, 211);
    try {
        handle.command("SITE IDLE", "200;250");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(error.message.find("211"), std::string::npos);
    }
    EXPECT_EQ(code_of([&] { handle.command("SITE IDLE", "2x"); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([&] { handle.command("RETR x"); }), ErrorCode::unsupported);
    EXPECT_EQ(code_of([&] { handle.command("NOOP\r\nDELE x"); }), ErrorCode::invalid_argument);
    EXPECT_TRUE(handle.directory_exists("/"));
}

TEST(HandleSession, comes_back_once_when_the_server_ended_it) {
    ScriptedFtp server;
    int calls = 0;
    server.file("/a.txt", "a").on("MLST", [&](FtpConversation& with, const std::string& path) {
        if (++calls == 2) {
            with.reply("421 idle for too long");
            return with.hang_up();
        }
        with.behave("MLST", path);
    });
    BlockingHandle handle(server.endpoint());
    EXPECT_TRUE(handle.file_exists("a.txt"));
    EXPECT_TRUE(handle.file_exists("a.txt"));
    EXPECT_EQ(server.count("USER"), 2u);
}

TEST(HandleSession, finds_out_whether_it_was_done_when_the_answer_is_lost) {
    ScriptedFtp server;
    int calls = 0;
    server.file("/a", "a").on("RNTO", [&](FtpConversation& with, const std::string& to) {
        if (++calls > 1) return with.behave("RNTO", to);
        with.server.rename_file("/a", to);
        with.hang_up();
    });
    BlockingHandle handle(server.endpoint());
    handle.rename("a", "b");
    EXPECT_EQ(calls, 1) << "it is not done again";
    EXPECT_TRUE(handle.file_exists("b"));
}

TEST(HandleSession, performs_its_calls_one_after_the_other_in_their_order) {
    ScriptedFtp server;
    server.folder("/a").folder("/b").file("/a/1", "x");
    Loop loop;
    auto handle = loop.run(Handle::open(server.endpoint()));
    loop.run([](Handle& one) -> awaitable<void> {
        std::vector<awaitable<void>> calls;
        const auto look = [](Handle& it) -> awaitable<void> {
            const auto found = co_await it.list();
            EXPECT_EQ(found.files.size(), 1u);
        };
        const auto look_away = [](Handle& it) -> awaitable<void> {
            const auto found = co_await it.list();
            EXPECT_TRUE(found.files.empty());
        };
        calls.push_back(one.change_directory("/a"));
        calls.push_back(look(one));
        calls.push_back(one.change_directory("/b"));
        calls.push_back(look_away(one));
        co_await run_together(std::move(calls));
    }(handle));
    EXPECT_EQ(handle.directory(), "/b");
    EXPECT_EQ(server.count("USER"), 1u);
    loop.run(handle.close());
    EXPECT_EQ(server.count("QUIT"), 1u);
}

TEST(HandleSession, is_not_made_when_the_log_in_fails) {
    ScriptedFtp server;
    server.on("PASS", "530 no");
    EXPECT_EQ(code_of([&] { BlockingHandle handle(server.endpoint()); }), ErrorCode::authentication_failed);
    EXPECT_EQ(server.count("PASS"), 1u);
}

}  // namespace
}  // namespace fairlead::test
