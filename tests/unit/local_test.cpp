#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "fairlead/open.hpp"
#include "remote/local_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/transfer.hpp"

namespace fairlead {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

class Local : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(folder / "in");
        test::write_file(folder / "outside.txt", "outside");
        files = open_local((folder / "in").string());
    }

    template <class T>
    ErrorCode code_of(awaitable<T> operation) {
        try {
            (void)loop.run(std::move(operation));
        } catch (const Error& error) {
            return error.code;
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::internal;
    }
    ErrorCode code_of(awaitable<void> operation) {
        try {
            loop.run(std::move(operation));
        } catch (const Error& error) {
            return error.code;
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::internal;
    }

    void write(const std::string& path, std::string_view text) {
        const auto task = [&]() -> awaitable<void> {
            const auto stream = co_await files->open_write(path);
            co_await stream->write(std::as_bytes(std::span(text)));
            co_await stream->finish();
        };
        loop.run(task());
    }

    test::TemporaryFolder folder;
    test::Loop loop;
    std::unique_ptr<FileSystem> files;
};

TEST_F(Local, a_link_that_leads_out_of_the_folder_is_not_followed) {
    fs::create_symlink("../outside.txt", folder / "in/link");
    fs::create_directory_symlink("..", folder / "in/up");
    EXPECT_EQ(code_of(files->open_read("/link")), ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of(files->open_write("/link")), ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of(files->open_write("/up/new.txt")), ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of(files->make_directory("/up/new")), ErrorCode::outside_working_directory);
    EXPECT_EQ(test::read_file(folder / "outside.txt"), "outside");
}

TEST_F(Local, a_link_that_stays_inside_the_folder_is_followed) {
    write("/real.txt", "inside");
    fs::create_symlink("real.txt", folder / "in/link");
    const auto stream = loop.run(files->open_read("/link"));
    EXPECT_EQ(loop.run(stream->read()).size(), 6u);
}

TEST_F(Local, a_link_itself_is_what_stat_rename_and_remove_are_about) {
    fs::create_symlink("../outside.txt", folder / "in/link");
    EXPECT_EQ(loop.run(files->stat("/link")).type, EntryType::symlink);
    EXPECT_EQ(loop.run(files->stat("/link")).target, "../outside.txt");
    loop.run(files->rename("/link", "/other", false));
    loop.run(files->remove("/other"));
    EXPECT_EQ(test::read_file(folder / "outside.txt"), "outside");
}

TEST_F(Local, a_pipe_is_listed_but_never_opened) {
    ASSERT_EQ(::mkfifo((folder / "in/pipe").c_str(), 0600), 0);
    EXPECT_EQ(loop.run(files->stat("/pipe")).type, EntryType::other);
    EXPECT_EQ(code_of(files->open_read("/pipe")), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(files->open_write("/pipe")), ErrorCode::invalid_argument);
}

TEST_F(Local, rename_replaces_only_when_asked) {
    write("/a", "a");
    write("/b", "b");
    EXPECT_EQ(code_of(files->rename("/a", "/b", false)), ErrorCode::already_exists);
    loop.run(files->rename("/a", "/b", true));
    EXPECT_EQ(test::read_file(folder / "in/b"), "a");
}

TEST_F(Local, rename_never_replaces_a_pipe_socket_or_device) {
    write("/a", "a");
    ASSERT_EQ(::mkfifo((folder / "in/pipe").c_str(), 0600), 0);
    EXPECT_EQ(code_of(files->rename("/a", "/pipe", true)), ErrorCode::invalid_argument);
    EXPECT_EQ(loop.run(files->stat("/pipe")).type, EntryType::other);
    loop.run(files->rename("/pipe", "/moved", true));
    EXPECT_EQ(loop.run(files->stat("/moved")).type, EntryType::other);
}

TEST_F(Local, a_large_directory_is_listed_completely_in_batches) {
    for (int i = 0; i < 1200; ++i)
        test::write_file(folder / ("in/f" + std::to_string(i)), "");
    const auto listing = loop.run(files->list("/"));
    std::size_t count = 0, batches = 0;
    for (;;) {
        const auto batch = loop.run(listing->next());
        if (batch.empty()) break;
        count += batch.size();
        ++batches;
    }
    EXPECT_EQ(count, 1200u);
    EXPECT_GT(batches, 1u);
}

TEST_F(Local, a_folder_by_its_own_paths_refuses_those_of_others) {
    const auto inside = (folder / "in").string();
    const auto fenced = open_local_folder(inside);
    write("/a", "a");
    EXPECT_EQ(loop.run(fenced->stat(inside + "/a")).size, 1u);
    EXPECT_EQ(loop.run(fenced->stat(inside)).type, EntryType::directory);
    EXPECT_EQ(code_of(fenced->open_read((folder / "outside.txt").string())),
              ErrorCode::outside_working_directory);
    EXPECT_EQ(code_of(fenced->make_directory(inside + "side")), ErrorCode::outside_working_directory);
}

TEST_F(Local, a_file_that_may_not_grow_any_more_is_no_space_and_leaves_nothing) {
    test::write_file(folder / "source", test::noise(300'000));
    const auto source = open_local(folder.path().string());
    transfer::Job job;
    job.source = "/source";
    job.facts = loop.run(source->stat("/source"));
    job.target = "/target";
    write("/target", "old");

    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{100'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto code = code_of(transfer::transfer_file(*source, *files, job, {}));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);

    EXPECT_EQ(code, ErrorCode::no_space);
    EXPECT_EQ(test::read_file(folder / "in/target"), "old");
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder / "in"))
        names.push_back(entry.path().filename());
    EXPECT_THAT(names, testing::ElementsAre("target"));
}

}  // namespace
}  // namespace fairlead
