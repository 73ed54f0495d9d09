#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <map>

#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "transfer/failure.hpp"
#include "transfer/remove.hpp"
#include "transfer/sync.hpp"
#include "transfer/walk.hpp"

namespace fairlead::transfer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Remembers what it heard.
class Heard final : public RunListener {
  public:
    void done(const TransferResult& result) override {
        lines.push_back(fmt::format("{} {} {}", to_string(result.outcome), result.target, result.reason));
    }
    void failed(const std::string& source, const Error& error) override {
        failures.emplace(source, error.code);
    }
    void left_out(const std::string& source, const std::string& why) override {
        omitted.push_back(source + ": " + why);
    }
    std::vector<std::string> lines, omitted;
    std::map<std::string, ErrorCode> failures;
};

/// A listing may fail, or hold names that are dropped.
class Broken final : public test::AwkwardFileSystem {
  public:
    Broken(std::unique_ptr<FileSystem> inner, std::string path, std::uint64_t left_out)
        : AwkwardFileSystem(std::move(inner)), path_(std::move(path)), left_out_(left_out) {}
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override {
        if (path == path_ && left_out_ == 0)
            throw Error(ErrorCode::permission_denied, "Not for you.").on(std::string(path));
        auto listing = co_await AwkwardFileSystem::list(path);
        if (path == path_) co_return std::make_unique<Short>(std::move(listing), left_out_);
        co_return listing;
    }

  private:
    struct Short final : Listing {
        Short(std::unique_ptr<Listing> all, std::uint64_t dropped) : inner(std::move(all)), count(dropped) {}
        awaitable<std::vector<Entry>> next() override { return inner->next(); }
        std::uint64_t left_out() const override { return count; }
        std::unique_ptr<Listing> inner;
        std::uint64_t count;
    };
    std::string path_;
    std::uint64_t left_out_;
};

class Trees : public testing::Test {
  protected:
    Sessions::Opener opener(std::shared_ptr<MemoryStore> store, bool breaks = false) {
        return [=, this]() -> awaitable<std::shared_ptr<FileSystem>> {
            auto abilities = MemoryFileSystem::all_abilities();
            abilities.concurrent_operations = places;
            abilities.folds_case = folds_case;
            auto files = std::make_unique<MemoryFileSystem>(store, abilities);
            if (!breaks || broken.empty()) co_return std::shared_ptr<FileSystem>(std::move(files));
            co_return std::make_shared<Broken>(std::move(files), broken, left_out);
        };
    }

    RunSummary copy(Options options = {}) {
        const auto task = [&]() -> awaitable<RunSummary> {
            const auto executor = co_await boost::asio::this_coro::executor;
            Sessions reading(executor, opener(from, true), sessions);
            Sessions writing(executor, opener(to), sessions);
            transfer::Run run(executor, reading, writing, options, heard);
            std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& running) {
                return add_tree(running, reading, "/", "/out", tree);
            };
            co_return co_await run.run(produce);
        };
        return loop.run(task());
    }
    SyncSummary sync(SyncOptions options = {}) {
        options.tree = tree;
        const auto task = [&]() -> awaitable<SyncSummary> {
            const auto executor = co_await boost::asio::this_coro::executor;
            Sessions reading(executor, opener(from, true), sessions);
            Sessions writing(executor, opener(to), sessions);
            co_return co_await transfer::sync(reading, "/", writing, "/out", options, heard, nullptr);
        };
        return loop.run(task());
    }
    SyncSummary mirror() {
        SyncOptions options;
        options.remove = true;
        return sync(options);
    }
    bool there(const std::string& path) {
        MemoryFileSystem files(to);
        const auto found = loop.run(try_stat(files, path));
        return found.has_value();
    }

    test::Loop loop;
    std::shared_ptr<MemoryStore> from = std::make_shared<MemoryStore>(), to = std::make_shared<MemoryStore>();
    TreeOptions tree;
    Heard heard;
    unsigned sessions = 1, places = 1;
    bool folds_case = false;
    std::string broken;
    std::uint64_t left_out = 0;
};

TEST_F(Trees, many_directories_are_listed_ahead_and_all_arrives_whatever_the_sessions) {
    for (int i = 0; i < 400; ++i)
        from->put(fmt::format("/d{}/e{}/f{}", i % 20, i % 5, i), fmt::format("{}", i));
    from->make_directories("/empty/inside");
    for (const auto& [at_once, operations] :
         {std::pair(1u, 1u), std::pair(1u, 2u), std::pair(5u, 1u), std::pair(2u, 64u)}) {
        sessions = at_once;
        places = operations;
        to = std::make_shared<MemoryStore>();
        EXPECT_EQ(copy().transferred, 400u) << at_once << " sessions, " << operations << " operations";
        EXPECT_EQ(to->get("/out/d19/e4/f399"), "399");
        EXPECT_TRUE(there("/out/empty/inside"));
    }
}

TEST_F(Trees, a_walk_meets_parents_before_children_in_the_same_order_however_many_sessions_there_are) {
    for (int i = 0; i < 60; ++i)
        from->put(fmt::format("/d{}/e{}/f{}", i % 7, i % 3, i), "x");
    std::vector<std::string> orders[2];
    for (int round = 0; round < 2; ++round) {
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await boost::asio::this_coro::executor;
            Sessions reading(executor, opener(from), round == 0 ? 1 : 6);
            std::function<awaitable<void>(Found)> visit = [&](Found found) -> awaitable<void> {
                orders[round].push_back(found.relative);
                co_return;
            };
            std::function<void(const std::string&, const Error&)> problem = [](const std::string&,
                                                                               const Error&) {};
            co_await walk(reading, "/", {}, visit, problem);
        };
        loop.run(task());
    }
    EXPECT_EQ(orders[0], orders[1]);
    EXPECT_EQ(orders[0].size(), 60u + 7u + 21u);
}

TEST_F(Trees, a_directory_that_cannot_be_listed_is_a_failure_and_the_rest_is_moved) {
    from->put("/bad/f", "x");
    from->put("/good/f", "x");
    broken = "/bad";
    const auto summary = copy();
    EXPECT_EQ(summary.transferred, 1u);
    EXPECT_EQ(heard.failures.at("/bad"), ErrorCode::permission_denied);
}

TEST_F(Trees, names_that_a_listing_had_to_drop_are_a_failure) {
    from->put("/d/f", "x");
    broken = "/d";
    left_out = 3;
    EXPECT_EQ(copy().transferred, 1u);
    EXPECT_EQ(heard.failures.at("/d"), ErrorCode::outside_working_directory);
}

TEST_F(Trees, a_name_with_a_backslash_is_a_failure) {
    from->put("/..\\x", "x");
    from->put("/y", "x");
    EXPECT_EQ(copy().transferred, 1u);
    EXPECT_EQ(heard.failures.at("/..\\x"), ErrorCode::outside_working_directory);
}

TEST_F(Trees, names_that_differ_in_case_alone_do_not_overwrite_each_other_on_a_disk_that_folds_case) {
    from->put("/Report.txt", "one");
    from->put("/report.TXT", "two");
    from->put("/\xC3\x84.txt", "three");
    from->put("/\xC3\xA4.txt", "four");
    folds_case = true;
    const auto summary = copy();
    EXPECT_EQ(summary.transferred, 2u);
    EXPECT_EQ(summary.failed, 2u);
    heard.failures.clear();
    folds_case = false;
    EXPECT_EQ(copy().transferred, 4u);
    EXPECT_THAT(heard.failures, IsEmpty());
}

TEST_F(Trees, links_are_followed_but_never_in_circles) {  // field.md 82
    from->put("/d/f", "x");
    from->link("/d/up", "/");
    from->link("/other", "/d");
    from->link("/file", "/d/f");
    tree.links = Links::follow;
    EXPECT_EQ(copy().transferred, 3u);
    EXPECT_EQ(to->get("/out/other/f"), "x");
    EXPECT_EQ(to->get("/out/file"), "x");
    EXPECT_EQ(heard.failures.at("/d/up"), ErrorCode::conflict);
}

TEST_F(Trees, links_are_skipped_or_kept) {
    from->put("/d/f", "x");
    from->link("/d/beside", "f");
    from->link("/d/out", "/etc/passwd");
    tree.links = Links::skip;
    EXPECT_EQ(copy().transferred, 1u);
    EXPECT_FALSE(there("/out/d/beside"));
    tree.links = Links::keep;
    heard.lines.clear();
    copy();
    EXPECT_THAT(heard.lines, Contains("linked /out/d/beside "));
    EXPECT_EQ(to->get("/out/d/f"), "x");
    EXPECT_FALSE(there("/out/d/out"));
    EXPECT_THAT(heard.omitted, ElementsAre(HasSubstr("leads out of the tree")));
    heard.lines.clear();
    copy();
    EXPECT_THAT(heard.lines, Contains("skipped /out/d/beside already there"));
}

TEST_F(Trees, the_first_files_in_an_order_are_moved) {
    for (int i = 0; i < 10; ++i)
        from->put(fmt::format("/d{}/f{}", i % 2, i), std::string(static_cast<std::size_t>(i), 'x'));
    tree.order = parse_order("size-desc");
    tree.first = 2;
    copy();
    EXPECT_THAT(heard.lines, UnorderedElementsAre("transferred /out/d1/f9 ", "transferred /out/d0/f8 "));
    heard.lines.clear();
    tree.order = {};
    tree.first = 3;
    EXPECT_EQ(copy().transferred, 3u);
}

TEST_F(Trees, a_dry_run_says_what_would_be_moved_and_touches_nothing) {
    from->put("/a", "new");
    from->put("/b", "b");
    to->put("/out/a", "old");
    Options options;
    options.dry_run = true;
    copy(options);
    EXPECT_THAT(heard.lines,
                UnorderedElementsAre("planned /out/a replaces what is there", "planned /out/b new"));
    EXPECT_EQ(to->get("/out/a"), "old");
    EXPECT_FALSE(there("/out/b"));
    heard.lines.clear();
    options.if_exists = IfExists::skip;
    copy(options);
    EXPECT_THAT(heard.lines, UnorderedElementsAre("skipped /out/a already there", "planned /out/b new"));
}

TEST_F(Trees, sync_moves_what_is_missing_or_differs_and_nothing_else) {
    const Time then(std::chrono::hours(24 * 365));
    from->put("/same", "same", then);
    to->put("/out/same", "same", then);
    from->put("/grown", "longer", then);
    to->put("/out/grown", "long", then);
    from->put("/touched", "1234", then + std::chrono::seconds(9));
    to->put("/out/touched", "abcd", then);
    from->put("/sub/added", "x", then);
    to->put("/out/extra", "x", then);
    const auto summary = sync();
    EXPECT_THAT(heard.lines,
                UnorderedElementsAre("transferred /out/grown changed", "transferred /out/touched changed",
                                     "transferred /out/sub/added added"));
    EXPECT_EQ(summary.unchanged, 1u);
    EXPECT_TRUE(there("/out/extra"));
    heard.lines.clear();
    EXPECT_EQ(sync().unchanged, 4u) << "the times were kept, so nothing is moved twice";
    EXPECT_THAT(heard.lines, IsEmpty());
}

TEST_F(Trees, sync_by_checksum_sees_what_size_and_time_do_not_tell) {
    const Time then(std::chrono::hours(24 * 365));
    from->put("/a", "1234", then);
    to->put("/out/a", "5678", then);
    from->put("/b", "1234", then);
    to->put("/out/b", "1234", then);
    SyncOptions options;
    options.transfer.checksum = true;
    sync(options);
    EXPECT_EQ(to->get("/out/a"), "1234");
    EXPECT_THAT(heard.lines, Contains("transferred /out/a changed"));
    EXPECT_THAT(heard.lines, Contains(HasSubstr("skipped /out/b")));
}

TEST_F(Trees, sync_removes_what_the_source_does_not_have_and_that_last) {
    from->put("/a", "x");
    to->put("/out/gone", "x");
    to->put("/out/old/deep/f", "x");
    const auto summary = mirror();
    EXPECT_EQ(summary.removed, 4u);
    EXPECT_EQ(heard.lines.front(), "transferred /out/a added");
    EXPECT_FALSE(there("/out/gone"));
    EXPECT_FALSE(there("/out/old"));
}

TEST_F(Trees, sync_removes_nothing_when_a_listing_failed) {
    from->put("/bad/f", "x");
    from->put("/a", "x");
    to->put("/out/bad/f", "x");
    to->put("/out/gone", "x");
    broken = "/bad";
    EXPECT_EQ(mirror().moved.failed, 1u);
    EXPECT_TRUE(there("/out/gone"));
    EXPECT_TRUE(there("/out/bad/f"));
    EXPECT_EQ(to->get("/out/a"), "x");
    broken = "/";
    left_out = 1;
    mirror();
    EXPECT_TRUE(there("/out/gone")) << "nor when names had to be dropped";
}

TEST_F(Trees, sync_removes_nothing_when_the_source_is_empty_unless_forced) {
    to->put("/out/f", "x");
    try {
        mirror();
        FAIL() << "it was removed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::conflict);
        EXPECT_THAT(error.hint, HasSubstr("--force-empty"));
    }
    EXPECT_TRUE(there("/out/f"));
    SyncOptions options;
    options.remove = options.force = true;
    EXPECT_EQ(sync(options).removed, 1u);
}

TEST_F(Trees, sync_removes_nothing_when_it_would_be_more_than_allowed) {
    from->put("/a", "x");
    to->put("/out/d/1", "x");
    to->put("/out/d/2", "x");
    SyncOptions options;
    options.remove = true;
    options.max_remove = 2;  // two files and their directory are three
    EXPECT_THROW(sync(options), Error);
    EXPECT_TRUE(there("/out/d/1"));
    EXPECT_EQ(to->get("/out/a"), "x");
    options.max_remove = 3;
    EXPECT_EQ(sync(options).removed, 3u);
}

TEST_F(Trees, sync_replaces_what_has_become_something_else_only_with_delete) {
    from->put("/was_directory", "file");
    to->put("/out/was_directory/f", "x");
    from->put("/was_file/f", "x");
    to->put("/out/was_file", "file");
    EXPECT_EQ(sync().moved.failed, 2u);
    EXPECT_EQ(to->get("/out/was_file"), "file");
    heard.failures.clear();
    EXPECT_EQ(mirror().moved.failed, 0u);
    EXPECT_EQ(to->get("/out/was_directory"), "file");
    EXPECT_EQ(to->get("/out/was_file/f"), "x");
}

TEST_F(Trees, sync_leaves_alone_what_the_filter_leaves_out) {
    from->put("/a.csv", "x");
    from->put("/keep/b.csv", "x");
    to->put("/out/keep/mine", "x");
    to->put("/out/notes.txt", "x");
    to->put("/out/old.csv", "x");
    to->put("/out/part/keep/x.csv", "x");
    tree.filter.include.emplace_back("*.csv");
    tree.filter.exclude.emplace_back("/keep");
    tree.filter.exclude.emplace_back("/part/keep");
    mirror();
    EXPECT_TRUE(there("/out/a.csv"));
    EXPECT_FALSE(there("/out/keep/b.csv"));
    EXPECT_TRUE(there("/out/keep/mine"));
    EXPECT_TRUE(there("/out/notes.txt"));
    EXPECT_FALSE(there("/out/old.csv"));
    EXPECT_TRUE(there("/out/part/keep/x.csv")) << "excluded by its path from the top";
}

TEST_F(Trees, a_dry_sync_says_what_would_be_moved_and_removed) {
    from->put("/a", "x");
    from->put("/kind/f", "x");
    to->put("/out/gone/f", "x");
    to->put("/out/kind", "x");
    SyncOptions options;
    options.remove = options.transfer.dry_run = true;
    sync(options);
    EXPECT_THAT(heard.lines, UnorderedElementsAre("planned /out/a added", "planned /out/gone/f removed",
                                                  "planned /out/gone removed", "planned /out/kind removed",
                                                  "planned /out/kind changed"));
    EXPECT_FALSE(there("/out/a"));
    EXPECT_TRUE(there("/out/gone/f"));
}

TEST_F(Trees, a_link_that_the_source_has_is_never_a_reason_to_remove_anything) {
    from->put("/a", "x");
    from->link("/here", "/");
    to->put("/out/here/f", "x");
    mirror();
    EXPECT_TRUE(there("/out/here/f"));
    tree.links = Links::skip;
    mirror();
    EXPECT_TRUE(there("/out/here/f"));
}

TEST_F(Trees, removing_a_tree_can_be_filtered_and_tried_dry) {
    to->put("/d/a.log", "x");
    to->put("/d/sub/b.log", "x");
    to->put("/d/sub/c.txt", "x");
    Filter filter;
    filter.include.emplace_back("*.log");
    std::vector<std::string> removed;
    const auto go = [&](bool dry, const Filter* which) {
        removed.clear();
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await boost::asio::this_coro::executor;
            Sessions writing(executor, opener(to), 2);
            RemoveOptions options;
            options.filter = which;
            options.dry_run = dry;
            co_await remove_tree(
                writing, "/d", EntryType::directory, options,
                [&](const std::string& path) { removed.push_back(path); },
                [&](const std::string& path, const Error&) { ADD_FAILURE() << path; });
        };
        loop.run(task());
    };
    go(true, &filter);
    EXPECT_THAT(removed, UnorderedElementsAre("/d/a.log", "/d/sub/b.log"));
    EXPECT_TRUE(there("/d/a.log"));
    go(false, &filter);
    EXPECT_FALSE(there("/d/a.log"));
    EXPECT_TRUE(there("/d/sub/c.txt"));
    go(false, nullptr);
    EXPECT_THAT(removed, ElementsAre("/d/sub/c.txt", "/d/sub", "/d"));
    EXPECT_FALSE(there("/d"));
}

}  // namespace
}  // namespace fairlead::transfer
