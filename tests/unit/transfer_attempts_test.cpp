#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <map>

#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/failure.hpp"
#include "transfer/run.hpp"

namespace fairlead::transfer {
namespace {

using test::AwkwardFileSystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Heard final : public RunListener {
  public:
    void done(const TransferResult& result) override { results.push_back(result); }
    void failed(const std::string& source, const Error& error) override {
        failures.insert_or_assign(source, error);
    }
    void retrying(const std::string&, const Error&, unsigned, std::chrono::milliseconds) override {
        ++retries;
    }
    std::vector<TransferResult> results;
    std::map<std::string, Error> failures;
    unsigned retries = 0;
};

class Attempts : public testing::Test {
  protected:
    using Spoil = std::function<void(AwkwardFileSystem&)>;

    Attempts() {
        from->put("/a", content, kTime);
        options.retries = 3;
        options.patience.first_wait = options.patience.longest_wait = std::chrono::milliseconds(1);
    }

    /// Each session that is opened takes the next of these; further ones behave.
    static Sessions::Opener opener(std::shared_ptr<MemoryStore> store, std::vector<Spoil> spoils,
                                   unsigned* opened = nullptr) {
        auto left = std::make_shared<std::vector<Spoil>>(std::move(spoils));
        return [=]() -> awaitable<std::shared_ptr<FileSystem>> {
            if (opened != nullptr) ++*opened;
            auto abilities = MemoryFileSystem::all_abilities();
            abilities.concurrent_operations = 1;
            auto files =
                std::make_shared<AwkwardFileSystem>(std::make_unique<MemoryFileSystem>(store, abilities));
            if (!left->empty()) {
                left->front()(*files);
                left->erase(left->begin());
            }
            co_return files;
        };
    }

    void run(std::vector<Spoil> reading = {}, std::vector<Spoil> writing = {}) {
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await boost::asio::this_coro::executor;
            PlaceFacts here, there;
            here.identity = "memory:from";
            there.identity = "memory:to";
            Sessions source(executor, opener(from, reading, &sources_opened), 1, here);
            Sessions target(executor, opener(to, writing), 1, there);
            transfer::Run moving(executor, source, target, options, heard, &journal);
            std::function<awaitable<void>(transfer::Run&)> produce =
                [&](transfer::Run& running) -> awaitable<void> {
                Job job;
                job.source = "/a";
                job.target = "/b";
                MemoryFileSystem look(from);
                job.facts = co_await look.stat("/a");
                co_await running.add(std::move(job));
            };
            failure = co_await caught(all(moving, produce));
        };
        loop.run(task());
    }
    static awaitable<void> all(transfer::Run& moving,
                               std::function<awaitable<void>(transfer::Run&)>& produce) {
        (void)co_await moving.run(produce);
    }

    std::vector<std::string> names() {
        std::vector<std::string> found;
        MemoryFileSystem files(to);
        const auto list = [&]() -> awaitable<void> {
            const auto listing = co_await files.list("/");
            for (auto batch = co_await listing->next(); !batch.empty(); batch = co_await listing->next())
                for (const auto& entry : batch)
                    found.push_back(entry.name);
        };
        loop.run(list());
        return found;
    }

    static Spoil breaks_reading_after(std::uint64_t bytes, ErrorCode code = ErrorCode::connection_lost) {
        return [=](AwkwardFileSystem& files) { files.fail_read_after(bytes, code); };
    }
    static Spoil breaks_writing_after(std::uint64_t bytes, ErrorCode code = ErrorCode::connection_lost) {
        return [=](AwkwardFileSystem& files) { files.fail_write_after(bytes, code); };
    }

    static constexpr Time kTime{std::chrono::seconds(1'700'000'000)};
    const std::string content = test::noise(4'000'000);
    std::shared_ptr<MemoryStore> from = std::make_shared<MemoryStore>(), to = std::make_shared<MemoryStore>();
    test::Loop loop;
    Options options;
    Heard heard;
    Journal journal;
    std::optional<Error> failure;
    unsigned sources_opened = 0;
};

TEST_F(Attempts, go_on_where_the_connection_broke_and_count) {
    run({breaks_reading_after(2'000'000)}, {breaks_writing_after(kWorthResuming + 1'500'000)});
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_GE(heard.results[0].attempts, 2u);
    EXPECT_EQ(heard.results[0].attempts, heard.retries + 1);
    EXPECT_EQ(heard.results[0].bytes, content.size()) << "all of them were moved by this run";
    EXPECT_EQ(heard.results[0].resumed, 0u);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, end_when_patience_does_and_leave_what_arrived_for_the_next_run) {
    options.retries = 1;
    run({breaks_reading_after(1'500'000), breaks_reading_after(500'000)});
    ASSERT_EQ(heard.failures.size(), 1u);
    EXPECT_EQ(heard.retries, 1u);
    EXPECT_THAT(heard.failures.at("/a").hint, testing::HasSubstr(names().at(0)));
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_GT(heard.results[0].resumed, 1'500'000u);
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, are_not_repeated_for_what_is_permanent) {
    run({}, {breaks_writing_after(0, ErrorCode::permission_denied)});
    EXPECT_EQ(heard.retries, 0u);
    EXPECT_EQ(heard.failures.at("/a").code, ErrorCode::permission_denied);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Attempts, with_a_full_disk_stop_the_run) {
    to->capacity = 2'000'000;
    run();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::no_space);
    EXPECT_EQ(heard.retries, 0u);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Attempts, of_a_small_file_leave_nothing) {
    from->put("/a", test::noise(300'000), kTime);
    options.retries = 0;
    run({breaks_reading_after(100'000, ErrorCode::incomplete)});
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Attempts, begin_anew_when_the_source_changed_between_two_runs) {
    options.retries = 0;
    run({breaks_reading_after(2'000'000)});
    ASSERT_THAT(names(), SizeIs(1));
    const auto changed = test::noise(4'000'000, 2);
    from->put("/a", changed, kTime + std::chrono::seconds(1));
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(heard.results[0].resumed, 0u);
    EXPECT_EQ(to->get("/b"), changed);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, find_out_by_the_seam_that_the_source_changed_though_size_and_time_did_not) {
    options.retries = 0;
    run({breaks_reading_after(2'000'000)});
    const auto changed = test::noise(4'000'000, 2);
    from->put("/a", changed, kTime);
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(to->get("/b"), changed);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, prove_the_whole_content_after_going_on_when_checksums_are_asked_for) {
    options.retries = 0;
    run({breaks_reading_after(2'000'000)});
    options.checksum = true;
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_GT(heard.results[0].resumed, 0u);
    EXPECT_EQ(heard.results[0].proof, Proof::checksum);
    EXPECT_EQ(to->get("/b"), content);
}

TEST_F(Attempts, begin_anew_when_going_on_is_refused_by_the_user) {
    options.retries = 0;
    run({breaks_reading_after(2'000'000)});
    options.resume = false;
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(heard.results[0].resumed, 0u);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, to_append_are_completed_and_never_repeated) {
    to->put("/b", "before");
    options.if_exists = IfExists::append;
    run({breaks_reading_after(1'000'000), breaks_reading_after(300'000)});
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_TRUE(to->get("/b") == "before" + content);
    EXPECT_EQ(heard.results[0].outcome, Outcome::appended);
}

TEST_F(Attempts, to_append_end_where_somebody_else_changed_the_file) {
    to->put("/b", "before");
    options.if_exists = IfExists::append;
    options.retries = 0;
    run({breaks_reading_after(1'000'000)});
    to->put("/b", "other");
    run();
    EXPECT_EQ(heard.failures.at("/a").code, ErrorCode::conflict);
    EXPECT_EQ(to->get("/b"), "other");
    EXPECT_THAT(heard.results, IsEmpty());
}

TEST_F(Attempts, complete_a_file_that_another_program_began_only_when_asked_to) {
    to->put("/b", content.substr(0, 1'000'000));
    options.take_partial = true;
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(heard.results[0].resumed, 1'000'000u);
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_THAT(names(), ElementsAre("b"));
    run();
    EXPECT_EQ(heard.results[1].outcome, Outcome::skipped) << "it is whole";
}

TEST_F(Attempts, replace_a_file_that_is_not_the_beginning_of_the_source) {
    to->put("/b", test::noise(1'000'000, 9));
    options.take_partial = true;
    run();
    ASSERT_THAT(heard.results, SizeIs(1));
    EXPECT_EQ(heard.results[0].resumed, 0u);
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(Attempts, replace_what_is_different_and_nothing_else) {
    options.if_exists = IfExists::different;
    to->put("/b", content, kTime);
    run();
    EXPECT_EQ(heard.results.at(0).outcome, Outcome::skipped);
    to->put("/b", content, kTime + std::chrono::seconds(5));
    run();
    EXPECT_EQ(heard.results.at(1).outcome, Outcome::transferred);
    to->put("/b", content, kTime + std::chrono::seconds(5));
    options.checksum = true;
    run();
    EXPECT_EQ(heard.results.at(2).outcome, Outcome::skipped) << "the content is the same";
    to->put("/b", test::noise(4'000'000, 3), kTime);
    run();
    EXPECT_EQ(heard.results.at(3).outcome, Outcome::transferred);
    EXPECT_EQ(to->get("/b"), content);
}

TEST_F(Attempts, end_by_the_deadline_of_the_run_which_says_its_name) {
    options.run_timeout = std::chrono::milliseconds(50);
    run({[](AwkwardFileSystem& files) { files.stall_read_after(1'500'000); }});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::timeout);
    EXPECT_EQ(failure->step, "run");
    EXPECT_FALSE(failure->retryable());
    EXPECT_THAT(names(), SizeIs(1)) << "what arrived is kept";
}

}  // namespace
}  // namespace fairlead::transfer
