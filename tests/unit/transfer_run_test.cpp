#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/path.hpp"
#include "fairlead/open.hpp"
#include "remote/local_file_system.hpp"
#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/run.hpp"
#include "transfer/walk.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace fairlead::transfer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Remembers what it heard.
class Heard final : public RunListener {
  public:
    void done(const TransferResult& result) override { results.push_back(result); }
    void failed(const std::string& source, const Error& error) override {
        failures.emplace(source, error.code);
    }
    std::vector<TransferResult> results;
    std::map<std::string, ErrorCode> failures;
};

class TransferRun : public testing::Test {
  protected:
    using Opener = Sessions::Opener;

    static Opener memory(std::shared_ptr<MemoryStore> store,
                         Abilities abilities = MemoryFileSystem::all_abilities()) {
        return [=]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_return std::make_shared<MemoryFileSystem>(store, abilities);
        };
    }
    static Opener local(const std::string& folder) {
        return [=]() -> awaitable<std::shared_ptr<FileSystem>> { co_return open_local(folder); };
    }

    /// Copies everything below "/" of one to "/out" of the other.
    RunSummary copy_all(Opener source, Opener target, unsigned sessions = 1) {
        const auto task = [&]() -> awaitable<RunSummary> {
            const auto executor = co_await boost::asio::this_coro::executor;
            Sessions reading(executor, source, sessions), writing(executor, target, sessions);
            transfer::Run run(executor, reading, writing, options, heard);
            std::function<awaitable<void>(transfer::Run&)> produce =
                [&](transfer::Run& running) -> awaitable<void> {
                co_await running.make_directory("/out");
                WalkOptions walking;
                walking.visitor_needs_sessions = true;
                walking.filter = &filter;
                std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
                    if (found.entry.type == EntryType::directory) {
                        co_await running.make_directory("/out" + found.relative);
                        co_return;
                    }
                    const auto target = "/out" + found.relative;
                    co_await running.make_directory(std::string(path::parent(target)));
                    Job job;
                    job.source = found.entry.path;
                    job.facts = found.entry;
                    job.target = target;
                    job.careful = false;
                    co_await running.add(std::move(job));
                };
                std::function<void(const std::string&, const Error&)> problem =
                    [&](const std::string& path, const Error& error) { running.report_failure(path, error); };
                co_await walk(reading, "/", walking, visit, problem);
            };
            co_return co_await run.run(produce);
        };
        return loop.run(task());
    }

    static Abilities one_at_a_time() {
        auto abilities = MemoryFileSystem::all_abilities();
        abilities.concurrent_operations = 1;
        return abilities;
    }

    test::Loop loop;
    std::shared_ptr<MemoryStore> from = std::make_shared<MemoryStore>(), to = std::make_shared<MemoryStore>();
    Options options;
    Filter filter;
    Heard heard;
};

TEST_F(TransferRun, a_tree_arrives_whole_with_its_empty_directories) {
    for (int i = 0; i < 300; ++i)
        from->put(fmt::format("/d{}/f{}", i % 7, i), fmt::format("content {}", i));
    from->make_directories("/empty/inside");
    const auto summary = copy_all(memory(from), memory(to));
    EXPECT_EQ(summary.transferred, 300u);
    EXPECT_EQ(summary.failed, 0u);
    for (int i = 0; i < 300; ++i)
        EXPECT_EQ(to->get(fmt::format("/out/d{}/f{}", i % 7, i)), fmt::format("content {}", i));
    MemoryFileSystem files(to);
    EXPECT_EQ(loop.run(files.stat("/out/empty/inside")).type, EntryType::directory);
}

TEST_F(TransferRun, sessions_that_do_one_thing_at_a_time_suffice) {
    for (int i = 0; i < 50; ++i)
        from->put(fmt::format("/d{}/f{}", i % 3, i), "x");
    EXPECT_EQ(copy_all(memory(from, one_at_a_time()), memory(to, one_at_a_time())).transferred, 50u);
}

TEST_F(TransferRun, never_more_sessions_are_opened_than_allowed) {
    for (int i = 0; i < 200; ++i)
        from->put(fmt::format("/f{}", i), "x");
    unsigned opened = 0;
    Opener counting = [&]() -> awaitable<std::shared_ptr<FileSystem>> {
        ++opened;
        co_return std::make_shared<MemoryFileSystem>(from, one_at_a_time());
    };
    EXPECT_EQ(copy_all(counting, memory(to), 3).transferred, 200u);
    EXPECT_LE(opened, 3u);
}

TEST_F(TransferRun, a_server_that_refuses_a_further_session_is_used_with_those_that_are_open) {
    for (int i = 0; i < 200; ++i)
        from->put(fmt::format("/f{}", i), "x");
    unsigned opened = 0;
    Opener limited = [&]() -> awaitable<std::shared_ptr<FileSystem>> {
        if (++opened > 2) throw Error(ErrorCode::server_busy, "Too many users.");
        co_return std::make_shared<MemoryFileSystem>(from, one_at_a_time());
    };
    EXPECT_EQ(copy_all(limited, memory(to), 8).transferred, 200u);
    EXPECT_THAT(heard.failures, IsEmpty());
}

TEST_F(TransferRun, one_file_that_fails_does_not_stop_the_others) {
    for (int i = 0; i < 20; ++i)
        from->put(fmt::format("/f{}", i), "x");
    from->link("/nowhere", "/gone");
    const auto summary = copy_all(memory(from), memory(to));
    EXPECT_EQ(summary.transferred, 20u);
    EXPECT_EQ(summary.failed, 1u);
    EXPECT_EQ(heard.failures.at("/nowhere"), ErrorCode::not_found);
}

TEST_F(TransferRun, a_full_disk_stops_the_run) {
    for (int i = 0; i < 200; ++i)
        from->put(fmt::format("/f{}", i), std::string(100, 'x'));
    to->capacity = 1000;
    try {
        copy_all(memory(from, one_at_a_time()), memory(to));
        FAIL() << "it did not stop";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::no_space);
    }
    EXPECT_EQ(heard.results.size(), 10u);
    EXPECT_EQ(heard.failures.size(), 1u);
}

TEST_F(TransferRun, what_reaches_a_disk_is_published_with_nothing_left_over) {
    const test::TemporaryFolder folder;
    for (int i = 0; i < 1500; ++i)
        from->put(fmt::format("/f{}", i), fmt::format("{}", i));
    EXPECT_EQ(copy_all(memory(from), local(folder.path().string())).transferred, 1500u);
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "out"))
        names.insert(entry.path().filename().string());
    EXPECT_EQ(names.size(), 1500u);
    EXPECT_EQ(test::read_file(folder / "out/f1499"), "1499");
}

TEST_F(TransferRun, sources_are_removed_only_when_their_batch_is_published) {
    const test::TemporaryFolder folder;
    options.delete_source = true;
    for (int i = 0; i < 100; ++i)
        from->put(fmt::format("/f{}", i), "x");
    EXPECT_EQ(copy_all(memory(from), local(folder.path().string())).transferred, 100u);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(from->get(fmt::format("/f{}", i)), std::nullopt);
        EXPECT_EQ(test::read_file(folder / fmt::format("out/f{}", i)), "x");
    }
}

TEST_F(TransferRun, a_filter_chooses_files_and_keeps_out_of_excluded_directories) {
    from->put("/a.csv", "x");
    from->put("/b.txt", "x");
    from->put("/skip/c.csv", "x");
    from->put("/sub/d.csv", "x");
    filter.include.emplace_back("*.csv");
    filter.exclude.emplace_back("skip");
    copy_all(memory(from), memory(to));
    std::vector<std::string> targets;
    for (const auto& result : heard.results)
        targets.push_back(result.target);
    EXPECT_THAT(targets, UnorderedElementsAre("/out/a.csv", "/out/sub/d.csv"));
}

TEST_F(TransferRun, links_to_directories_are_reported_but_never_entered) {
    from->put("/d/f", "x");
    from->link("/d/up", "/");
    std::vector<std::string> seen;
    const auto task = [&]() -> awaitable<void> {
        Sessions sessions(co_await boost::asio::this_coro::executor, memory(from), 1);
        std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
            seen.push_back(found.relative);
            co_return;
        };
        std::function<void(const std::string&, const Error&)> problem = [](const std::string&, const Error&) {
        };
        co_await walk(sessions, "/", {}, visit, problem);
    };
    loop.run(task());
    EXPECT_THAT(seen, UnorderedElementsAre("/d", "/d/f", "/d/up"));
}

TEST_F(TransferRun, depth_limits_how_far_down_a_walk_goes) {
    from->put("/1/2/3/f", "x");
    std::vector<std::string> seen;
    const auto task = [&]() -> awaitable<void> {
        Sessions sessions(co_await boost::asio::this_coro::executor, memory(from), 1);
        std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
            seen.push_back(found.relative);
            co_return;
        };
        std::function<void(const std::string&, const Error&)> problem = [](const std::string&, const Error&) {
        };
        WalkOptions walking;
        walking.depth = 2;
        co_await walk(sessions, "/", walking, visit, problem);
    };
    loop.run(task());
    EXPECT_THAT(seen, ElementsAre("/1", "/1/2"));
}

}  // namespace
}  // namespace fairlead::transfer
